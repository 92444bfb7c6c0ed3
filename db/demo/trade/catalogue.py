"""The types of a price list, and the price lists of the two large companies: groups, products and usual baskets.

Prices are in euro without VAT, unless the trade is retail; `cost` is the purchase price, None for services.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """A product: price, cost, VAT rate, kind of quantity (a key of `products.QUANTITIES`), deposit on its packaging."""

    name: str
    price: str
    cost: str | None
    sold: str = "few"
    vat: int = 21
    deposit: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A group of products, with the ledger account of their sales."""

    name: str
    gl_account: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Basket:
    """A kind of sale: its weight among the others, and for each group the least and most number of its products."""

    weight: int
    picks: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class PriceList:
    """The product groups and baskets of a company."""

    groups: tuple[Group, ...]
    baskets: tuple[Basket, ...]


HEATING = PriceList(
    groups=(
        Group(
            "Chaudières",
            "700100",
            (
                Item(
                    "Chaudière gaz à condensation murale 25 kW",
                    "1895.00",
                    "1312.00",
                    "one",
                    text="Classe A, avec kit de raccordement et sonde extérieure.",
                ),
                Item(
                    "Chaudière gaz à condensation murale 35 kW",
                    "2240.00",
                    "1568.00",
                    "one",
                    text="Production d’eau chaude instantanée.",
                ),
                Item("Chaudière gaz à condensation sol 45 kW", "3980.00", "2890.00", "one"),
                Item("Chaudière mazout à condensation 27 kW", "3460.00", "2510.00", "one"),
                Item(
                    "Chaudière à pellets 15 kW avec silo 250 kg",
                    "8450.00",
                    "6380.00",
                    "one",
                    text="Alimentation automatique, cendrier compressé.",
                ),
                Item("Pompe à chaleur air-eau 8 kW", "6790.00", "5120.00", "one"),
                Item("Pompe à chaleur air-eau 12 kW", "8120.00", "6240.00", "one"),
                Item("Chauffe-eau thermodynamique 200 l", "2150.00", "1490.00", "one"),
                Item("Boiler sanitaire inox 150 l", "980.00", "665.00", "one"),
            ),
        ),
        Group(
            "Radiateurs",
            "700110",
            (
                Item("Radiateur panneau T22 600 × 800", "168.50", "104.20"),
                Item("Radiateur panneau T22 600 × 1200", "236.00", "148.90"),
                Item("Radiateur panneau T33 900 × 1000", "389.00", "251.40"),
                Item("Radiateur décoratif vertical 1800 × 500", "562.00", "371.00"),
                Item("Sèche-serviettes 1200 × 600 chromé", "314.00", "198.60"),
                Item("Convecteur de sol 230 × 1500", "648.00", "442.00"),
                Item("Consoles et purgeur pour radiateur panneau", "18.90", "9.35"),
            ),
        ),
        Group(
            "Régulation",
            "700120",
            (
                Item("Vanne thermostatique équerre 1/2″", "24.80", "13.10"),
                Item("Tête thermostatique connectée", "69.00", "44.50"),
                Item("Thermostat d’ambiance programmable", "118.00", "74.80", "one"),
                Item("Thermostat modulant sans fil", "189.00", "127.00", "one"),
                Item("Sonde extérieure filaire", "46.50", "27.90", "one"),
                Item("Vanne mélangeuse 3 voies 1″ avec servomoteur", "212.00", "143.00", "one"),
                Item("Régulateur de cascade pour deux chaudières", "640.00", "468.00", "one"),
            ),
        ),
        Group(
            "Pièces",
            "700130",
            (
                Item("Circulateur haut rendement 25-60", "246.00", "162.50", "one"),
                Item("Vase d’expansion 18 l", "64.50", "37.80", "one"),
                Item("Vase d’expansion sanitaire 8 l", "48.00", "27.40", "one"),
                Item("Groupe de sécurité 3/4″", "58.00", "32.60", "one"),
                Item("Soupape de sécurité 3 bar", "19.80", "9.90"),
                Item("Manomètre 0-4 bar", "16.40", "7.80"),
                Item("Électrode d’allumage et d’ionisation", "38.50", "21.30"),
                Item("Joint de brûleur, jeu complet", "29.90", "14.70", "one"),
                Item("Vanne gaz combinée", "184.00", "126.00", "one"),
                Item("Ventilateur d’extraction modulant", "276.00", "192.00", "one"),
                Item("Filtre magnétique à boues 1″", "138.00", "86.00", "one"),
                Item("Disconnecteur CA 1/2″", "84.00", "51.50", "one"),
            ),
        ),
        Group(
            "Tuyauterie",
            "700140",
            (
                Item("Tube cuivre 15 × 1 mm", "7.9500", "4.6200", "metres"),
                Item("Tube cuivre 22 × 1 mm", "11.8500", "7.1400", "metres"),
                Item("Tube multicouche isolé 16 × 2 mm", "3.4500", "1.9250", "metres"),
                Item("Tube multicouche isolé 20 × 2 mm", "4.6500", "2.6800", "metres"),
                Item("Tube PE gaz 32 mm", "5.2000", "2.9800", "metres"),
                Item("Coude à sertir 22 mm", "8.6000", "4.4200", "many"),
                Item("Té à sertir 16-16-16", "11.2000", "6.0400", "many"),
                Item("Collecteur plancher 6 départs avec débitmètres", "298.00", "201.00", "one"),
                Item("Isolant pour conduite 22 mm", "2.8500", "1.3400", "metres"),
                Item("Conduit de fumées concentrique 80/125, 1 m", "42.00", "25.10"),
                Item("Kit ventouse horizontale 60/100", "96.00", "58.40", "one"),
            ),
        ),
        Group(
            "Sanitaire",
            "700150",
            (
                Item("Mitigeur de lavabo", "112.00", "68.50"),
                Item("Mitigeur thermostatique de douche", "198.00", "129.00", "one"),
                Item("WC suspendu complet avec bâti-support", "486.00", "332.00", "one"),
                Item("Adoucisseur d’eau 12 l", "1290.00", "874.00", "one"),
                Item("Sel pour adoucisseur, sac de 25 kg", "11.9000", "7.3000"),
                Item("Receveur de douche 120 × 90", "342.00", "228.00", "one"),
            ),
        ),
        Group(
            "Entretien",
            "705200",
            (
                Item(
                    "Entretien chaudière gaz avec attestation",
                    "118.00",
                    None,
                    "one",
                    text="Nettoyage, analyse de combustion et attestation légale.",
                ),
                Item("Entretien chaudière mazout avec attestation", "154.00", None, "one"),
                Item("Entretien pompe à chaleur", "168.00", None, "one"),
                Item("Ramonage conduit de fumées", "72.00", None, "one"),
                Item("Désembouage de l’installation", "395.00", "62.00", "one"),
                Item("Détartrage boiler", "185.00", "28.00", "one"),
                Item("Rapport de première réception (PEB)", "145.00", None, "one"),
            ),
        ),
        Group(
            "Main-d’œuvre",
            "705100",
            (
                Item("Main-d’œuvre technicien, heure", "58.00", None, "hours"),
                Item("Main-d’œuvre aide-monteur, heure", "42.00", None, "hours"),
                Item("Intervention de garde (soir et week-end), heure", "96.00", None, "hours"),
                Item("Étude et dimensionnement, heure", "74.00", None, "hours"),
                Item("Mise en service et réglages", "165.00", None, "one"),
                Item("Évacuation de l’ancienne chaudière", "120.00", "35.00", "one"),
            ),
        ),
        Group(
            "Déplacement",
            "705300",
            (
                Item("Forfait déplacement zone 1 (moins de 15 km)", "28.00", None, "one"),
                Item("Forfait déplacement zone 2 (15 à 30 km)", "42.00", None, "one"),
                Item("Forfait déplacement zone 3 (plus de 30 km)", "65.00", None, "one"),
            ),
        ),
    ),
    baskets=(
        Basket(34, (("Entretien", 1, 1), ("Pièces", 0, 1), ("Déplacement", 1, 1))),
        Basket(26, (("Pièces", 1, 2), ("Main-d’œuvre", 1, 1), ("Déplacement", 1, 1))),
        Basket(10, (("Chaudières", 1, 1), ("Régulation", 1, 2), ("Tuyauterie", 1, 3), ("Main-d’œuvre", 1, 2))),
        Basket(14, (("Radiateurs", 1, 3), ("Régulation", 1, 1), ("Tuyauterie", 1, 2), ("Main-d’œuvre", 1, 1))),
        Basket(12, (("Sanitaire", 1, 2), ("Tuyauterie", 0, 2), ("Main-d’œuvre", 1, 1), ("Déplacement", 0, 1))),
        Basket(4, (("Régulation", 1, 1),)),
    ),
)

DRINKS = PriceList(
    groups=(
        Group(
            "Bières en casier",
            "700200",
            (
                Item("Pils de Senne 24 × 25 cl, casier", "15.60", "11.85", "crates", deposit="4.50"),
                Item("Pils de Senne 24 × 33 cl, casier", "19.40", "14.90", "crates", deposit="4.50"),
                Item("Blonde d’abbaye 24 × 33 cl, casier", "31.80", "24.60", "crates", deposit="4.50"),
                Item("Brune d’abbaye 24 × 33 cl, casier", "32.40", "25.10", "crates", deposit="4.50"),
                Item("Triple des Moines 24 × 33 cl, casier", "36.90", "28.70", "crates", deposit="4.50"),
                Item("Quadruple réserve 24 × 33 cl, casier", "42.60", "33.40", "crates", deposit="4.50"),
                Item("Blanche au froment 24 × 25 cl, casier", "21.70", "16.60", "crates", deposit="4.50"),
                Item("Saison fermière 24 × 33 cl, casier", "33.60", "26.20", "crates", deposit="4.50"),
                Item("Ambrée des Ardennes 24 × 33 cl, casier", "30.90", "23.80", "crates", deposit="4.50"),
                Item("Pale ale houblonnée 24 × 33 cl, casier", "38.40", "29.90", "crates", deposit="4.50"),
                Item("Pils sans alcool 24 × 25 cl, casier", "18.90", "14.30", "crates", vat=6, deposit="4.50"),
                Item("Gueuze vieille 12 × 37,5 cl, casier", "38.90", "30.20", "crates", deposit="3.90"),
                Item("Kriek vieille 12 × 37,5 cl, casier", "44.50", "35.10", "crates", deposit="3.90"),
                Item("Triple grand format 6 × 75 cl, carton", "31.20", "24.10", "crates"),
            ),
        ),
        Group(
            "Fûts",
            "700210",
            (
                Item("Pils de Senne, fût 30 l", "78.50", "61.40", "kegs", deposit="30.00"),
                Item("Pils de Senne, fût 50 l", "124.00", "97.80", "kegs", deposit="30.00"),
                Item("Blonde d’abbaye, fût 20 l", "82.90", "65.30", "kegs", deposit="30.00"),
                Item("Triple des Moines, fût 20 l", "94.60", "75.20", "kegs", deposit="30.00"),
                Item("Blanche au froment, fût 20 l", "66.40", "51.90", "kegs", deposit="30.00"),
                Item("Ambrée des Ardennes, fût 20 l", "79.80", "62.70", "kegs", deposit="30.00"),
                Item("Bouteille CO2 10 kg, recharge", "34.50", "22.10", "few", deposit="75.00"),
            ),
        ),
        Group(
            "Eaux",
            "700220",
            (
                Item("Eau plate 20 × 50 cl verre, casier", "9.20", "6.65", "crates", vat=6, deposit="4.10"),
                Item("Eau pétillante 20 × 50 cl verre, casier", "9.50", "6.85", "crates", vat=6, deposit="4.10"),
                Item("Eau plate 28 × 25 cl verre, casier", "11.90", "8.70", "crates", vat=6, deposit="4.90"),
                Item("Eau pétillante 28 × 25 cl verre, casier", "12.20", "8.95", "crates", vat=6, deposit="4.90"),
                Item("Eau plate 6 × 1,5 l PET, pack", "3.30", "2.28", "crates", vat=6),
                Item("Eau pétillante 12 × 1 l verre, casier", "10.40", "7.60", "crates", vat=6, deposit="4.10"),
            ),
        ),
        Group(
            "Limonades et jus",
            "700230",
            (
                Item("Cola 24 × 20 cl verre, casier", "18.70", "14.20", "crates", vat=6, deposit="4.50"),
                Item("Cola zéro 24 × 20 cl verre, casier", "18.70", "14.20", "crates", vat=6, deposit="4.50"),
                Item("Limonade orange 24 × 20 cl verre, casier", "17.90", "13.40", "crates", vat=6, deposit="4.50"),
                Item("Limonade citron 24 × 20 cl verre, casier", "17.90", "13.40", "crates", vat=6, deposit="4.50"),
                Item("Tonic 24 × 20 cl verre, casier", "20.30", "15.50", "crates", vat=6, deposit="4.50"),
                Item("Ginger beer 24 × 20 cl verre, casier", "24.60", "18.90", "crates", vat=6, deposit="4.50"),
                Item("Thé glacé pêche 24 × 25 cl verre, casier", "21.40", "16.20", "crates", vat=6, deposit="4.50"),
                Item("Jus d’orange 24 × 20 cl verre, casier", "22.80", "17.40", "crates", vat=6, deposit="4.50"),
                Item("Jus de pomme de Hesbaye 12 × 1 l, casier", "21.60", "16.10", "crates", vat=6, deposit="4.10"),
                Item("Cola 24 × 33 cl canette, plateau", "15.90", "12.30", "crates", vat=6),
            ),
        ),
        Group(
            "Vins et bulles",
            "700240",
            (
                Item("Côtes du Rhône rouge 75 cl", "6.4500", "4.3800", "bottles"),
                Item("Bordeaux rouge 75 cl", "7.2000", "4.9500", "bottles"),
                Item("Merlot pays d’Oc 75 cl", "4.9500", "3.2200", "bottles"),
                Item("Chardonnay pays d’Oc 75 cl", "5.2500", "3.4600", "bottles"),
                Item("Sauvignon de Touraine 75 cl", "6.8000", "4.6100", "bottles"),
                Item("Rosé de Provence 75 cl", "7.9000", "5.4400", "bottles"),
                Item("Vin blanc de Hesbaye 75 cl", "11.4000", "8.2000", "bottles"),
                Item("Crémant de Wallonie brut 75 cl", "12.9000", "9.3500", "bottles"),
                Item("Prosecco extra dry 75 cl", "7.6000", "5.1200", "bottles"),
                Item("Champagne brut 75 cl", "24.8000", "18.6000", "bottles"),
            ),
        ),
        Group(
            "Spiritueux",
            "700250",
            (
                Item("Genièvre de Hasselt 35° 70 cl", "12.8000", "9.4000", "bottles"),
                Item("Pékèt aux fruits 20° 70 cl", "11.9000", "8.6000", "bottles"),
                Item("Gin belge 43° 50 cl", "24.5000", "18.3000", "few"),
                Item("Rhum ambré 40° 70 cl", "17.9000", "13.1000", "few"),
                Item("Vodka 37,5° 1 l", "15.6000", "11.4000", "few"),
                Item("Whisky blended 40° 70 cl", "16.4000", "12.2000", "few"),
                Item("Apéritif orange amère 11° 1 l", "14.2000", "10.3000", "few"),
            ),
        ),
        Group(
            "Café et épicerie",
            "700260",
            (
                Item("Café en grains 1 kg", "14.9000", "10.2000", "few", vat=6),
                Item("Sucre en sticks, carton de 1000", "18.4000", "12.7000", "few", vat=6),
                Item("Spéculoos individuels, carton de 300", "19.8000", "13.9000", "few", vat=6),
                Item("Chips nature 20 × 45 g, carton", "14.6000", "10.4000", "few", vat=6),
                Item("Cacahuètes salées 1 kg", "6.8000", "4.5500", "few", vat=6),
                Item("Sous-bocks imprimés, rouleau de 100", "4.9000", "2.6000", "few"),
            ),
        ),
        Group(
            "Services",
            "705400",
            (
                Item("Livraison hors tournée", "25.00", None, "one"),
                Item("Location pompe à bière, week-end", "65.00", None, "one"),
                Item("Location comptoir de 2 m, week-end", "80.00", None, "one"),
                Item("Nettoyage de conduites", "48.00", None, "one"),
            ),
        ),
    ),
    baskets=(
        Basket(40, (("Bières en casier", 2, 4), ("Eaux", 1, 2), ("Limonades et jus", 1, 2))),
        Basket(26, (("Fûts", 1, 3), ("Limonades et jus", 1, 2), ("Eaux", 0, 1), ("Café et épicerie", 0, 1))),
        Basket(16, (("Vins et bulles", 1, 3), ("Spiritueux", 0, 2), ("Café et épicerie", 0, 2))),
        Basket(10, (("Bières en casier", 1, 2), ("Fûts", 0, 1), ("Services", 1, 2))),
        Basket(8, (("Bières en casier", 1, 1),)),
    ),
)
