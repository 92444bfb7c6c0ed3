"""A group of settings, whose own validator is never built: only that of all settings is used."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingGroup(BaseSettings):
    """Settings that belong together."""

    model_config = SettingsConfigDict(defer_build=True)
