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
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    KnownDirectivesRule,
    KnownFragmentNamesRule,
    NoFragmentCyclesRule,
    NoUnusedFragmentsRule,
    NoUnusedVariablesRule,
    OperationDefinitionNode,
    OperationType,
    PossibleFragmentSpreadsRule,
    SelectionSetNode,
    StreamDirectiveOnListField,
    UniqueDirectivesPerLocationRule,
    UniqueFragmentNamesRule,
    ValidationRule,
    specified_rules,
)

from resolvers.selection import OPTIONAL

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


class OptionalOffRootMutation(ValidationRule):
    """A root field of a mutation is not optional, neither by itself nor by a fragment: each says what it did."""

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: object) -> None:
        """Look through the root fields of a mutation."""
        if node.operation is OperationType.MUTATION:
            self._look(node.selection_set, set())

    def _look(self, selection_set: SelectionSetNode, seen: set[str]) -> None:
        for selection in selection_set.selections:
            if any(directive.name.value == OPTIONAL for directive in selection.directives or ()):
                self.report_error(
                    GraphQLError(f"Directive '@{OPTIONAL}' may not be used at the root of a mutation.", selection)
                )
            elif isinstance(selection, InlineFragmentNode):
                self._look(selection.selection_set, seen)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in seen:
                seen.add(selection.name.value)
                fragment = self.context.get_fragment(selection.name.value)
                if fragment is not None:
                    self._look(fragment.selection_set, seen)


EVERY: Final[tuple[Rule, ...]] = (*specified_rules, OptionalOffRootMutation)
UNUSED: Final[tuple[Rule, ...]] = (NoUnusedFragmentsRule, NoUnusedVariablesRule)
"""What a document may break by what is not in it any more."""


def rules_for(text: str) -> tuple[Rule, ...]:
    """The rules to ask for a document."""
    return RULES["..." in text or "fragment" in text, "@" in text]


def _rules(*, fragments: bool, directives: bool) -> tuple[Rule, ...]:
    pointless = (frozenset[Rule]() if fragments else FRAGMENTS) | (
        frozenset[Rule]() if directives else {*DIRECTIVES, OptionalOffRootMutation}
    )
    return tuple(rule for rule in EVERY if rule not in pointless)


RULES: Final = {
    (fragments, directives): _rules(fragments=fragments, directives=directives)
    for fragments in (False, True)
    for directives in (False, True)
}
