"""Every root field of Mutation."""

from collections.abc import Mapping
from typing import Final

from resolvers.mutations import (
    access,
    apps,
    clients,
    companies,
    connectors,
    externals,
    invitations,
    keys,
    leaving,
    passwords,
    profile,
    registration,
    requests,
    sign_in,
    support,
    users,
)
from resolvers.writing import Mutation

MUTATIONS: Final[Mapping[str, Mutation]] = {
    **registration.MUTATIONS,
    **sign_in.MUTATIONS,
    **passwords.MUTATIONS,
    **profile.MUTATIONS,
    **companies.MUTATIONS,
    **users.MUTATIONS,
    **invitations.MUTATIONS,
    **externals.MUTATIONS,
    **leaving.MUTATIONS,
    **clients.MUTATIONS,
    **support.MUTATIONS,
    **access.MUTATIONS,
    **apps.MUTATIONS,
    **connectors.MUTATIONS,
    **requests.MUTATIONS,
    **keys.MUTATIONS,
}
