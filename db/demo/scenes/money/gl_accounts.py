"""GL_ACCOUNTS: the ledger accounts of a company; without the app, the few of its trial."""

from datetime import timedelta

from db.demo.scene import Scene
from db.demo.trade.sellers import SORTS

AFTER = ("payments",)

CHART = {
    "400000": ("Clients", "Klanten"),
    "411000": ("TVA à récupérer", "Terug te vorderen btw"),
    "440000": ("Fournisseurs", "Leveranciers"),
    "451000": ("TVA à payer", "Te betalen btw"),
    "550000": ("Banque", "Bank"),
    "570000": ("Caisse", "Kas"),
    "700000": ("Ventes", "Verkopen"),
}
"""Accounts of every company, in French and Dutch; the first digits follow the Belgian minimum chart of accounts."""

TRIED = ("440000", "604000", "700000")


def play(scene: Scene) -> None:
    """Add the company's ledger accounts, with all that its products, categories and payment accounts use."""
    chance = scene.chance("gl accounts")
    dutch = scene.language == "NL"
    chart = {code: names[dutch] for code, names in CHART.items()}
    chart |= {sort.gl_account: sort.names["NL" if dutch else "FR"] for sort in SORTS.values()}
    if not scene.has("GL_ACCOUNTS"):
        chart = {code: chart[code] for code in TRIED}
    chart |= _of_money(scene) | _of_sales(scene, "Verkopen" if dutch else "Ventes")
    for index, (code, name) in enumerate(sorted(chart.items())):
        scene.add("gl_account", scene.created + timedelta(minutes=30, seconds=index), chance, code=code, name=name)


def _of_money(scene: Scene) -> dict[str, str]:
    """The ledger accounts of bank and till, with their names."""
    accounts = [account for account in scene.all("payment_account") if account.get("gl_account")]
    return {account["gl_account"]: account["name"] for account in accounts}


def _of_sales(scene: Scene, sales: str) -> dict[str, str]:
    """The ledger accounts of sales, with the names of the product groups."""
    groups = {group["id"]: group for group in scene.all("product_group")}
    found = {group["gl_account"]: group["name"] for group in groups.values() if group["gl_account"]}
    for product in scene.all("product"):
        if product["gl_account"] and product["gl_account"] not in found and product["group_id"]:
            found[product["gl_account"]] = groups[product["group_id"]]["name"]
    return {code: f"{sales} : {name}" for code, name in found.items() if code not in CHART}
