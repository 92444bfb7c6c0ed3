"""typescript.py: the module names the apps of the fields that have any."""

import json
import re
from typing import Final

from gateway.cli import typescript
from schema.apps import App

LINE: Final = re.compile(r'^  ("[\w.]+"): (\[.*\]),$', re.MULTILINE)


def test_each_gated_field_has_its_apps_and_those_of_its_value() -> None:
    text = typescript.module()
    found = {json.loads(field): json.loads(apps) for field, apps in LINE.findall(text)}
    assert found["Invoice.discount"] == ["DISCOUNTS"]
    assert found["Company.invoices"] == ["INVOICES"]
    assert found["Company.dashboard"] == ["DASHBOARD"]
    assert found.keys().isdisjoint({"Company.name", "Company.users"})
    assert {app for apps in found.values() for app in apps} <= App.__members__.keys()
    assert len(found) > 300
    assert all(f'"{app.name}"' in text for app in App)
