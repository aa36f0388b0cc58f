from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where things are; read from the environment alone."""

    model_config = SettingsConfigDict(env_prefix="ACCORD_", extra="ignore", env_ignore_empty=True, frozen=True)

    home: Path = Path("var")
    agreement: str | None = None
    database: str | None = Field(default=None, validation_alias="ACCORD_DATABASE_URL")
    tracking: str | None = Field(default=None, validation_alias="MLFLOW_TRACKING_URI")
    receiver_networks: str | None = None
    smtp_url: str | None = None
    mail_from: str | None = None
    trusted_proxies: str = ""
    public_url: str | None = None

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.home / 'accord.db'}"

    @property
    def tracking_uri(self) -> str:
        return self.tracking or f"sqlite:///{self.home / 'mlflow.db'}"


def settings() -> Settings:
    return Settings()
