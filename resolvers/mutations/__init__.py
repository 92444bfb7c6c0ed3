"""Every root field of Mutation."""

from collections.abc import Mapping
from typing import Final

from resolvers.mutations import access, apps, sign_in
from resolvers.writing import Mutation

MUTATIONS: Final[Mapping[str, Mutation]] = {**sign_in.MUTATIONS, **access.MUTATIONS, **apps.MUTATIONS}
