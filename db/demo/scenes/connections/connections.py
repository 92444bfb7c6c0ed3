"""Connections with other services, of which every company has some rows; each is in the module of its name."""

from typing import Final

from db.demo.filling import Filling
from db.demo.scene import Scene
from db.demo.scenes.connections.accounting import export
from db.demo.scenes.connections.banking import state
from db.demo.scenes.connections.business_documents import receive_letters
from db.demo.scenes.connections.connectors import connect
from db.demo.scenes.connections.drives import copy
from db.demo.scenes.connections.online_payments import pay_online
from db.demo.scenes.connections.peppol import send_over_peppol
from db.demo.scenes.connections.webshops import sell
from db.demo.scenes.purchasing.suppliers import look_up

AFTER: Final = ("parts", "payments", "payment_codes", "trial")


def play(scene: Scene) -> None:
    """Add the connections of a company and their data."""
    company = Filling(scene, scene.chance("connections"), hours=3)
    state(company, connect(company))
    for fill in (export, sell, look_up, pay_online, receive_letters, copy, send_over_peppol):
        fill(company)
