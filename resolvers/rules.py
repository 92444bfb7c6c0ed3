"""The specification's validation rules: takes the text of a document, gives those that it could break.

Validation asks every rule at every node, and a third of its time goes to rules about what most documents have not.
"""

from typing import Final, TypeAlias

from graphql import (
    ASTValidationRule,
    DeferStreamDirectiveLabel,
    DeferStreamDirectiveOnRootField,
    DeferStreamDirectiveOnValidOperationsRule,
    FragmentsOnCompositeTypesRule,
    KnownDirectivesRule,
    KnownFragmentNamesRule,
    NoFragmentCyclesRule,
    NoUnusedFragmentsRule,
    NoUnusedVariablesRule,
    PossibleFragmentSpreadsRule,
    StreamDirectiveOnListField,
    UniqueDirectivesPerLocationRule,
    UniqueFragmentNamesRule,
    specified_rules,
)

Rule: TypeAlias = type[ASTValidationRule]

FRAGMENTS: Final[frozenset[Rule]] = frozenset(
    {
        FragmentsOnCompositeTypesRule,
        KnownFragmentNamesRule,
        NoFragmentCyclesRule,
        NoUnusedFragmentsRule,
        PossibleFragmentSpreadsRule,
        UniqueFragmentNamesRule,
    }
)
"""Only documents with `...` or the word `fragment` can break them."""

DIRECTIVES: Final[frozenset[Rule]] = frozenset(
    {
        DeferStreamDirectiveLabel,
        DeferStreamDirectiveOnRootField,
        DeferStreamDirectiveOnValidOperationsRule,
        KnownDirectivesRule,
        StreamDirectiveOnListField,
        UniqueDirectivesPerLocationRule,
    }
)
"""Only documents with `@` can break them."""


UNUSED: Final[tuple[Rule, ...]] = (NoUnusedFragmentsRule, NoUnusedVariablesRule)


def rules_for(text: str) -> tuple[Rule, ...]:
    """The rules to ask for a document."""
    return RULES["..." in text or "fragment" in text, "@" in text]


def _rules(*, fragments: bool, directives: bool) -> tuple[Rule, ...]:
    pointless = (frozenset[Rule]() if fragments else FRAGMENTS) | (frozenset[Rule]() if directives else DIRECTIVES)
    return tuple(rule for rule in specified_rules if rule not in pointless)


RULES: Final = {
    (fragments, directives): _rules(fragments=fragments, directives=directives)
    for fragments in (False, True)
    for directives in (False, True)
}
