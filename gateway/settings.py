"""The settings, read from the environment (ENFACT_…, DATABASE_URL) and checked; each has a description in its group."""

from pydantic_settings import SettingsConfigDict

from gateway.setting_groups.bounds import BoundSettings
from gateway.setting_groups.database import DatabaseSettings
from gateway.setting_groups.operations import OperationSettings
from gateway.setting_groups.operators import OperatorSettings
from gateway.setting_groups.pool import ConnectionSettings
from gateway.setting_groups.reach import ReachSettings


class Settings(OperatorSettings, BoundSettings, OperationSettings, ConnectionSettings, ReachSettings, DatabaseSettings):
    """All settings; the last group comes first. Their values never appear in an error message."""

    model_config = SettingsConfigDict(
        env_prefix="ENFACT_", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True,
        validate_by_name=True, validate_by_alias=True, validate_default=True, defer_build=False,
    )  # fmt: skip
