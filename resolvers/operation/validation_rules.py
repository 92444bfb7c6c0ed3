"""The specification's validation rules, and the choice of those that a document could break, by its text.

graphql-core asks every rule at every node; a third of its time goes to rules about syntax that most documents lack. A
text without `@` can break no rule about directives, one without `...` and `fragment` none about fragments.
"""

from functools import cache
from typing import Any, ClassVar, Final, TypeAlias

from graphql import (
    BREAK,
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
    Node,
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
    ValidationContext,
    ValidationRule,
    Visitor,
    specified_rules,
)
from graphql.language.visitor import EnterLeaveVisitor

from resolvers.fair_use.breath import breathe
from resolvers.operation.selection import OPTIONAL

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
"""Rules that only a document with `...` or the word `fragment` can break."""

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
"""Rules that only a document with `@` can break."""


class OptionalOffRootMutation(ValidationRule):
    """Refuses @optional on a root field of a mutation, or on a fragment around it: each root field must be answered."""

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: object) -> None:
        """Check the root fields of a mutation."""
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
"""Rules that a document may break after optional selections were removed from it."""


class Together(ValidationRule):
    """Several rules as one: at each node it asks only the rules for its kind of node, and takes a breath.

    graphql-core asks each rule at each node, and looks for the methods of the rules anew for each document.
    """

    rules: ClassVar[tuple[Rule, ...]] = ()

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._each: list[Visitor] = [rule(context) for rule in self.rules]
        self._skipping: list[object] = [None] * len(self._each)

    def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
        """The functions that are called when a node of this kind is entered and left."""
        found = self.enter_leave_map.get(kind)
        if found is None:
            found = self.enter_leave_map[kind] = self._of_kind(kind)
        return found

    def _of_kind(self, kind: str) -> EnterLeaveVisitor:
        asked = [(n, *self._each[n].get_enter_leave_for_kind(kind)) for n in _looking(self.rules, kind)]
        if not asked:
            return EnterLeaveVisitor(None, None)
        skipping = self._skipping

        def enter(node: Node, *args: Any) -> None:
            breathe()
            for n, look, _ in asked:
                if skipping[n] is None and look is not None:
                    action = look(node, *args)
                    if action is not None:
                        skipping[n] = BREAK if action in (BREAK, True) else node

        def leave(node: Node, *args: Any) -> None:
            for n, _, look in asked:
                if skipping[n] is node:
                    skipping[n] = None
                elif skipping[n] is None and look is not None and look(node, *args) in (BREAK, True):
                    skipping[n] = BREAK

        return EnterLeaveVisitor(enter, leave)


@cache
def _looking(rules: tuple[Rule, ...], kind: str) -> tuple[int, ...]:
    """The indices of the rules with a method for nodes of this kind."""
    methods = (f"enter_{kind}", f"leave_{kind}", "enter", "leave")
    return tuple(n for n, rule in enumerate(rules) if any(hasattr(rule, method) for method in methods))


@cache
def together(rules: tuple[Rule, ...]) -> type[Together]:
    """The class `Together` of these rules."""
    return type("Together", (Together,), {"rules": rules})


def rules_for(text: str) -> tuple[Rule, ...]:
    """The rules that a document with this text could break."""
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
