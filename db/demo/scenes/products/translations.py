"""Product names in other languages.

The wholesaler's whole price list is in Dutch and a part of it in English; each small company has one translation.
"""

import re
from datetime import timedelta
from typing import Final

from db.demo.scene import Scene

AFTER = ("composition",)

DUTCH: Final = {
    "Blonde d’abbaye": "Abdijblond", "Brune d’abbaye": "Abdijbruin", "Triple des Moines": "Monniken Tripel",
    "Quadruple réserve": "Quadrupel Reserve", "Blanche au froment": "Tarwewitbier", "Saison fermière": "Hoevesaison",
    "Ambrée des Ardennes": "Ardense Amber", "Pale ale houblonnée": "Hoppige Pale Ale",
    "Pils sans alcool": "Alcoholvrije pils", "Pils de Senne": "Zennepils", "Gueuze vieille": "Oude Geuze",
    "Kriek vieille": "Oude Kriek", "Triple grand format": "Tripel grote fles",
    "Bouteille CO2 10 kg, recharge": "CO2-fles 10 kg, vulling", "Eau plate": "Plat water",
    "Eau pétillante": "Bruisend water", "Cola zéro": "Cola zero", "Limonade orange": "Sinaasappellimonade",
    "Limonade citron": "Citroenlimonade", "Thé glacé pêche": "IJsthee perzik", "Jus d’orange": "Sinaasappelsap",
    "Jus de pomme de Hesbaye": "Haspengouws appelsap", "Côtes du Rhône rouge": "Côtes du Rhône rood",
    "Bordeaux rouge": "Bordeaux rood", "Rosé de Provence": "Provence rosé",
    "Vin blanc de Hesbaye": "Haspengouwse witte wijn", "Crémant de Wallonie brut": "Waalse crémant brut",
    "Genièvre de Hasselt": "Hasseltse jenever", "Pékèt aux fruits": "Fruitjenever", "Gin belge": "Belgische gin",
    "Rhum ambré": "Amberkleurige rum", "Vodka": "Wodka", "Whisky blended": "Blended whisky",
    "Apéritif orange amère": "Bitter sinaasappelaperitief", "Café en grains": "Koffiebonen",
    "Sucre en sticks, carton de 1000": "Suikersticks, doos van 1000",
    "Spéculoos individuels, carton de 300": "Speculoos per stuk verpakt, doos van 300",
    "Chips nature": "Chips naturel", "Cacahuètes salées": "Gezouten pinda’s",
    "Sous-bocks imprimés, rouleau de 100": "Bedrukte bierviltjes, rol van 100",
    "Livraison hors tournée": "Levering buiten de ronde",
    "Location pompe à bière, week-end": "Huur bierpomp, weekend",
    "Location comptoir de 2 m, week-end": "Huur toog van 2 m, weekend", "Nettoyage de conduites": "Leidingen reinigen",
    "Casier vide 24 bouteilles": "Lege bak 24 flessen", "Verre de dégustation": "Proefglas",
    "Coffret découverte, trois bières et un verre": "Proefpakket, drie bieren en een glas",
    ", casier": ", bak", ", carton": ", doos", ", fût": ", vat", ", bouteille": ", fles", ", plateau": ", tray",
    " verre": " glas", " canette": " blik",
}  # fmt: skip
"""Dutch translations of parts of the wholesaler's product names, in the order of replacement."""

ENGLISH: Final = {
    "Pils de Senne": "Senne Pilsner", "Blonde d’abbaye": "Abbey Blonde", "Brune d’abbaye": "Abbey Brown",
    "Triple des Moines": "Monks’ Tripel", "Quadruple réserve": "Quadrupel Reserve", "Gueuze vieille": "Old Gueuze",
    "Kriek vieille": "Old Kriek", "Saison fermière": "Farmhouse Saison", "Genièvre de Hasselt": "Hasselt Jenever",
    "Gin belge": "Belgian Gin", ", casier": ", crate", ", fût": ", keg", ", bouteille": ", bottle",
}  # fmt: skip
"""English names of the products that customers in England buy."""

SINGLE: Final = {
    "Pain gris 800 g": "Grijs brood 800 g", "Porte intérieure chêne, pose comprise": "Binnendeur eik, geplaatst",
    "Mise en conformité tableau électrique": "Zekeringkast in orde brengen",
    "Tonte et finitions, heure": "Maaien en afwerken, uur",
    "Entretien annuel avec vidange": "Jaarlijks onderhoud met olieverversing",
    "Tuile terre cuite, m²": "Kleidakpan, m²", "Peinture murs deux couches, m²": "Muren schilderen in twee lagen, m²",
    "Menu trois services": "Driegangenmenu", "Coupe dame et brushing": "Knippen dames en brushing",
    "Avant-projet": "Voorontwerp", "Développement, heure": "Ontwikkeling, uur", "Bouquet de saison": "Seizoensboeket",
    "Nettoyage de bureaux, heure": "Kantoren poetsen, uur",
    "Déménagement, équipe de deux, heure": "Verhuizing met twee man, uur",
    "Colis barbecue 10 personnes": "Barbecuepakket voor 10 personen", "Roman grand format": "Roman, groot formaat",
    "Grof brood 800 g": "Pain complet 800 g", "Binnendeur eik, geplaatst": "Porte intérieure chêne, posée",
    "Vernieuwing zekeringkast": "Renouvellement du tableau électrique", "Gras maaien, uur": "Tonte de pelouse, heure",
    "Onderhoudsbeurt met olie": "Entretien avec vidange", "Mengkraan wastafel": "Mitigeur de lavabo",
    "Chaudière gaz à condensation murale 25 kW": "Condenserende gaswandketel 25 kW",
}  # fmt: skip
"""Translations of each trade's first product."""

TEXTS: Final = {"FR": "Selon nos conditions de vente.", "NL": "Volgens onze verkoopvoorwaarden."}


def play(scene: Scene) -> None:
    """Add translations."""
    chance = scene.chance("translations")
    at = scene.created + timedelta(days=7)
    products = scene.all("product")
    if not scene.has("FOREIGN_LANGUAGE_CUSTOMERS"):
        other = "NL" if scene.language == "FR" else "FR"
        first = next(product for product in products if product["name"] in SINGLE)
        words = {"language": other, "name": SINGLE[first["name"]], "text": TEXTS[other]}
        scene.add("product_translation", at, chance, product_id=first["id"], **words)
        return
    for product in products:
        for language, parts in (("NL", DUTCH), ("EN", ENGLISH)):
            name = _translated(product["name"], parts)
            if language == "NL" or name.split(",")[0] != product["name"].split(",")[0]:
                words = {"language": language, "name": name, "text": None}
                scene.add("product_translation", at, chance, product_id=product["id"], **words)


def _translated(name: str, parts: dict[str, str]) -> str:
    """The name with its known parts translated; proper names stay as they are."""
    for part, other in parts.items():
        name = re.sub(rf"{re.escape(part)}\b", other, name)
    return name
