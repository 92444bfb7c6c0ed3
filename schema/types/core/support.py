"""Companies as support sees them before entering."""

import datetime

from schema.declarations.fields import gated
from schema.declarations.object_types import extends
from schema.roles import Role
from schema.types.core.company import Company


@extends(Company)
class SupportedCompany:
    support_until: datetime.datetime | None = gated(
        "Until when support may enter, also when that is past; null when the owner gave no access.", Role.OWNER
    )
