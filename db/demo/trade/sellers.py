"""The suppliers of the demo's companies: categories of purchases, and the sellers of each company."""

from dataclasses import dataclass

from db.demo.words.places import Town


@dataclass(frozen=True, slots=True)
class Sort:
    """A category of purchases: its names by language, its box of the VAT return, its deductible part of the VAT."""

    names: dict[str, str]
    box: str
    deductible: int
    gl_account: str


def _sort(french: str, dutch: str, gl_account: str, deductible: int = 100, box: str = "SERVICES") -> Sort:
    return Sort({"FR": french, "NL": dutch}, box, deductible, gl_account)


SORTS = {
    "goods": _sort("Marchandises", "Handelsgoederen", "604000", box="GOODS"),
    "materials": _sort("Matériaux et pièces", "Materialen en onderdelen", "601000", box="GOODS"),
    "subcontracting": _sort("Sous-traitance", "Onderaanneming", "602000"),
    "rent": _sort("Loyers", "Huur", "610000"),
    "energy": _sort("Énergie et eau", "Energie en water", "612100"),
    "telecom": _sort("Téléphone et internet", "Telefoon en internet", "612300", 75),
    "office": _sort("Fournitures de bureau", "Kantoorbenodigdheden", "612500"),
    "fees": _sort("Honoraires", "Erelonen", "613200"),
    "advertising": _sort("Publicité", "Publiciteit", "614000"),
    "reception": _sort("Restaurant et réception", "Restaurant en receptie", "614500", 0),
    "fuel": _sort("Carburant", "Brandstof", "615100", 50),
    "leasing": _sort("Leasing de véhicules", "Leasing van voertuigen", "615200", 50),
    "vehicles": _sort("Entretien des véhicules", "Onderhoud van voertuigen", "615300", 50),
    "insurance": _sort("Assurances", "Verzekeringen", "616000"),
    "equipment": _sort("Outillage et matériel", "Gereedschap en materieel", "233000", box="INVESTMENTS"),
}


@dataclass(frozen=True, slots=True)
class Bill:
    """A charge of a seller: a price from `least` to `most` euro, and a quantity."""

    name: str
    least: str
    most: str
    count: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class Seller:
    """A seller: the number of purchases a month, and their content: bills, or the buyer's products of some groups.

    `day` fixes the day of the month. `customer` is for a seller who is also a customer of the buyer: the beginning of
    the customer's name.
    """

    name: str
    town: Town
    sort: str
    monthly: float
    bills: tuple[Bill, ...] = ()
    groups: tuple[str, ...] = ()
    vat: int = 21
    term: int = 30
    treatment: str = "DOMESTIC"
    currency: str = "EUR"
    day: int | None = None
    customer: str | None = None

    @property
    def delivers(self) -> bool:
        """True if it delivers ordered goods."""
        return bool(self.groups) or self.sort in ("office", "materials")


def _town(postcode: str, name: str, prefix: str, language: str = "FR", country: str = "BE") -> Town:
    return Town(postcode, name, language, prefix, country)


HERSTAL, LIEGE, SERAING = _town("4040", "Herstal", "04"), _town("4000", "Liège", "04"), _town("4100", "Seraing", "04")
NAMUR, HUY, VERVIERS = _town("5000", "Namur", "081"), _town("4500", "Huy", "085"), _town("4800", "Verviers", "087")
BRUSSELS, ANDERLECHT = _town("1000", "Bruxelles", "02"), _town("1070", "Anderlecht", "02")
HALLE, LEUVEN = _town("1500", "Halle", "02", "NL"), _town("3000", "Leuven", "016", "NL")
HASSELT, GENT = _town("3500", "Hasselt", "011", "NL"), _town("9000", "Gent", "09", "NL")
LUXEMBOURG, LILLE = _town("L-1855", "Luxembourg", "+352", "FR", "LU"), _town("59000", "Lille", "+33", "FR", "FR")
LONDON = _town("SE1 9TG", "London", "+44", "EN", "GB")

HEATING_SELLERS = (
    Seller("Thermo-Meuse SA", HERSTAL, "goods", 4.5, groups=("Chaudières", "Radiateurs", "Régulation"), term=45),
    Seller("Sanimosane SA", LIEGE, "goods", 4, groups=("Sanitaire", "Tuyauterie")),
    Seller("Comptoir des Tubes SRL", SERAING, "goods", 3.5, groups=("Tuyauterie", "Pièces")),
    Seller("Pièces Chauffage Express SRL", HUY, "goods", 2.5, groups=("Pièces", "Régulation"), term=14),
    Seller("Calorlux Sàrl", LUXEMBOURG, "goods", 0.5, groups=("Chaudières",), treatment="INTRA_COMMUNITY"),
    Seller(
        "Tuyauteries Dethioux SRL",
        VERVIERS,
        "subcontracting",
        0.8,
        (Bill("Pose de tuyauterie, heure", "44.00", "49.00", (8, 60)),),
        treatment="REVERSE_CHARGE",
    ),
    Seller(
        "Isolation du Condroz SRL",
        HUY,
        "subcontracting",
        0.4,
        (Bill("Calorifugeage de conduites, mètre", "11.50", "14.00", (20, 90)),),
        treatment="REVERSE_CHARGE",
    ),
    Seller("Immobilière de Campine SA", LIEGE, "rent", 1, (Bill("Loyer du dépôt", "1450.00", "1450.00"),), vat=0,
           term=5, treatment="EXEMPT", day=1),
    Seller("Énergie Mosane SA", LIEGE, "energy", 1, (Bill("Électricité, acompte", "215.00", "340.00"),
           Bill("Gaz naturel, acompte", "160.00", "410.00")), term=15, day=8),
    Seller("Eaux du Bassin liégeois SCRL", LIEGE, "energy", 0.33, (Bill("Distribution d’eau", "48.00", "96.00"),),
           vat=6, day=12),
    Seller("Télécom Ardenne SA", NAMUR, "telecom", 1, (Bill("Internet et téléphonie fixe", "84.90", "84.90"),
           Bill("Abonnements mobiles", "148.00", "212.00")), term=14, day=4),
    Seller("Carburants Hesbaye SA", HERSTAL, "fuel", 2, (Bill("Diesel, litre", "1.3100", "1.4900", (240, 520)),)),
    Seller("Auto-Lease Wallonie SA", NAMUR, "leasing", 1, (Bill("Location de deux camionnettes", "742.00", "742.00"),
           Bill("Location d’une voiture", "398.00", "398.00")), term=15, day=2),
    Seller("Garage", LIEGE, "vehicles", 0.5, (Bill("Entretien de camionnette", "180.00", "460.00"),
           Bill("Pneus d’hiver, jeu de quatre", "420.00", "520.00")), customer="Garage"),
    Seller("Assurances du Perron SA", LIEGE, "insurance", 0.33, (Bill("Prime RC et incendie", "610.00", "640.00"),),
           vat=0, treatment="EXEMPT", day=15),
    Seller("Fiduciaire Comptes & Conseils SRL", LIEGE, "fees", 0.33, (Bill("Tenue de la comptabilité", "690.00",
           "760.00"),), day=20),
    Seller("Secrétariat social mosan ASBL", LIEGE, "fees", 1, (Bill("Gestion des salaires", "138.00", "196.00"),),
           day=25),
    Seller("Papeterie du Perron SRL", LIEGE, "office", 0.6, (Bill("Papier et cartouches", "38.00", "124.00"),
           Bill("Classeurs, lot de dix", "24.50", "24.50", (1, 3)))),
    Seller("Imprimerie du Pont SRL", SERAING, "advertising", 0.2, (Bill("Dépliants et autocollants", "180.00",
           "540.00"),)),
    Seller("Outillage Pro Liège SA", HERSTAL, "equipment", 0.3, (Bill("Sertisseuse sur batterie", "1480.00",
           "1680.00"), Bill("Analyseur de combustion", "890.00", "1290.00"), Bill("Caméra thermique", "690.00",
           "980.00")), term=45),
    Seller("Restaurant Le Cygne SNC", LIEGE, "reception", 0.5, (Bill("Repas d’affaires", "74.00", "168.00"),), vat=12,
           term=0),
)  # fmt: skip
"""The sellers of the installer."""

DRINKS_SELLERS = (
    Seller("Brasserie du Canal SA", ANDERLECHT, "goods", 7, groups=("Bières en casier", "Fûts")),
    Seller("Brouwerij Drie Linden NV", HALLE, "goods", 3, groups=("Bières en casier", "Fûts"), term=45),
    Seller("Eaux de la Roche SA", VERVIERS, "goods", 4, groups=("Eaux",)),
    Seller("Limonaderie du Centre SA", NAMUR, "goods", 3.5, groups=("Limonades et jus",)),
    Seller("Vins & Domaines SARL", LILLE, "goods", 1.2, groups=("Vins et bulles",), treatment="INTRA_COMMUNITY"),
    Seller("Stokerij De Smet BV", HASSELT, "goods", 0.8, groups=("Spiritueux",)),
    Seller("Koffiebranderij Colombe BV", GENT, "goods", 1, groups=("Café et épicerie",)),
    Seller(
        "Borough Craft Ales Ltd",
        LONDON,
        "goods",
        0.5,
        (Bill("Pale ale, keg 30 l", "88.00", "104.00", (4, 12)),),
        vat=0,
        treatment="IMPORT",
        currency="GBP",
    ),
    Seller("Entrepôts du Canal SA", ANDERLECHT, "rent", 1, (Bill("Loyer de l’entrepôt", "3850.00", "3850.00"),), vat=0,
           term=5, treatment="EXEMPT", day=1),
    Seller("Énergie Bruxelloise SA", BRUSSELS, "energy", 1, (Bill("Électricité, chambre froide comprise", "860.00",
           "1320.00"),), term=15, day=8),
    Seller("Télécom Senne SA", BRUSSELS, "telecom", 1, (Bill("Internet et téléphonie", "189.00", "232.00"),), term=14,
           day=4),
    Seller("Carburants du Canal SA", ANDERLECHT, "fuel", 2, (Bill("Diesel, litre", "1.3100", "1.4900", (480, 900)),)),
    Seller("Truck Lease Brabant NV", HALLE, "leasing", 1, (Bill("Huur van drie vrachtwagens", "2940.00", "2940.00"),),
           term=15, day=2),
    Seller("Assurances Midi SA", BRUSSELS, "insurance", 0.33, (Bill("Prime flotte et marchandises", "1980.00",
           "2120.00"),), vat=0, treatment="EXEMPT", day=15),
    Seller("Fiduciaire Van Dam SRL", BRUSSELS, "fees", 0.33, (Bill("Tenue de la comptabilité", "1250.00",
           "1380.00"),), day=20),
    Seller("Palettes & Casiers SRL", LEUVEN, "materials", 0.5, (Bill("Palette Europe", "11.00", "14.50", (20, 80)),)),
    Seller("Restaurant", BRUSSELS, "reception", 0.5, (Bill("Repas d’affaires", "84.00", "210.00"),), vat=12, term=0,
           customer="Restaurant"),
)  # fmt: skip
"""The sellers of the wholesaler."""

FEW_SELLERS = {
    "FR": (
        Seller("Énergie Mosane SA", LIEGE, "energy", 0, (Bill("Électricité, acompte", "85.00", "240.00"),), term=15),
        Seller("Papeterie du Perron SRL", LIEGE, "office", 0, (Bill("Papier et cartouches", "38.00", "124.00"),)),
        Seller("Télécom Ardenne SA", NAMUR, "telecom", 0, (Bill("Internet et téléphonie", "64.90", "96.00"),)),
        Seller(
            "Emballages de Meuse SRL", HUY, "materials", 0, (Bill("Sacs et cartons, lot", "24.00", "58.00", (1, 6)),)
        ),
    ),
    "NL": (
        Seller("Energie Dijleland NV", LEUVEN, "energy", 0, (Bill("Elektriciteit, voorschot", "85.00", "240.00"),)),
        Seller("Kantoorhandel Haspengouw BV", HASSELT, "office", 0, (Bill("Papier en inkt", "38.00", "124.00"),)),
        Seller("Telecom Scheldeland NV", GENT, "telecom", 0, (Bill("Internet en telefonie", "64.90", "96.00"),)),
        Seller(
            "Verpakkingen Zenne NV", HALLE, "materials", 0, (Bill("Zakken en dozen, lot", "24.00", "58.00", (1, 6)),)
        ),
    ),
}
"""The sellers in the trial of a small company, by language."""
