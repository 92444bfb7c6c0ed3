"""Words for addresses: streets, and towns with their postcodes, by region."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Town:
    """A town, the language spoken there, and its telephone prefix."""

    postcode: str
    name: str
    language: str
    prefix: str
    country: str = "BE"


def _towns(language: str, prefix: str, *towns: tuple[str, str]) -> tuple[Town, ...]:
    return tuple(Town(postcode, name, language, prefix) for postcode, name in towns)


LIEGE = _towns(
    "FR", "04",
    ("4000", "Liège"), ("4020", "Liège"), ("4030", "Grivegnée"), ("4031", "Angleur"), ("4032", "Chênée"),
    ("4040", "Herstal"), ("4041", "Vottem"), ("4050", "Chaudfontaine"), ("4052", "Beaufays"), ("4053", "Embourg"),
    ("4100", "Seraing"), ("4101", "Jemeppe-sur-Meuse"), ("4120", "Neupré"), ("4130", "Esneux"), ("4140", "Sprimont"),
    ("4340", "Awans"), ("4400", "Flémalle"), ("4420", "Saint-Nicolas"), ("4430", "Ans"), ("4450", "Juprelle"),
    ("4460", "Grâce-Hollogne"), ("4600", "Visé"), ("4607", "Dalhem"), ("4610", "Beyne-Heusay"), ("4620", "Fléron"),
    ("4630", "Soumagne"), ("4670", "Blegny"), ("4680", "Oupeye"), ("4870", "Trooz"), ("4920", "Aywaille"),
) + _towns(
    "FR", "085",
    ("4500", "Huy"), ("4520", "Wanze"), ("4540", "Amay"), ("4480", "Engis"),
) + _towns(
    "FR", "087",
    ("4650", "Herve"), ("4800", "Verviers"), ("4820", "Dison"), ("4860", "Pepinster"), ("4900", "Spa"),
    ("4910", "Theux"),
)  # fmt: skip
"""Towns around Liège."""

BRUSSELS = _towns(
    "FR", "02",
    ("1000", "Bruxelles"), ("1030", "Schaerbeek"), ("1040", "Etterbeek"), ("1050", "Ixelles"), ("1060", "Saint-Gilles"),
    ("1070", "Anderlecht"), ("1080", "Molenbeek-Saint-Jean"), ("1090", "Jette"), ("1150", "Woluwe-Saint-Pierre"),
    ("1160", "Auderghem"), ("1170", "Watermael-Boitsfort"), ("1180", "Uccle"), ("1190", "Forest"), ("1410", "Waterloo"),
    ("1420", "Braine-l’Alleud"), ("1480", "Tubize"), ("7850", "Enghien"),
)  # fmt: skip
"""Brussels and towns south of it."""

WALLONIA = _towns(
    "FR", "081", ("5000", "Namur"), ("5100", "Jambes"), ("5300", "Andenne"), ("5030", "Gembloux"),
) + _towns(
    "FR", "071", ("6000", "Charleroi"), ("6060", "Gilly"), ("6200", "Châtelet"),
) + _towns(
    "FR", "065", ("7000", "Mons"), ("7080", "Frameries"),
) + _towns(
    "FR", "061", ("6600", "Bastogne"), ("6800", "Libramont-Chevigny"),
) + _towns(
    "FR", "010", ("1300", "Wavre"), ("1340", "Ottignies-Louvain-la-Neuve"),
)  # fmt: skip
"""Towns in the rest of Wallonia."""

FLANDERS = _towns(
    "NL", "02", ("1500", "Halle"), ("1600", "Sint-Pieters-Leeuw"), ("1700", "Dilbeek"), ("1800", "Vilvoorde"),
    ("1730", "Asse"),
) + _towns(
    "NL", "016", ("3000", "Leuven"), ("3010", "Kessel-Lo"), ("3300", "Tienen"),
) + _towns(
    "NL", "015", ("2800", "Mechelen"), ("2500", "Lier"),
) + _towns(
    "NL", "053", ("9300", "Aalst"), ("9320", "Erembodegem"),
) + _towns(
    "NL", "09", ("9000", "Gent"), ("9050", "Gentbrugge"), ("9820", "Merelbeke"),
) + _towns(
    "NL", "012", ("3700", "Tongeren"), ("3770", "Riemst"),
) + _towns(
    "NL", "011", ("3500", "Hasselt"), ("3800", "Sint-Truiden"), ("3840", "Borgloon"),
)  # fmt: skip
"""Towns in Flanders."""

EUPEN = (Town("4700", "Eupen", "DE", "087"),)

ABROAD = (
    Town("L-1855", "Luxembourg", "FR", "+352", "LU"),
    Town("L-4050", "Esch-sur-Alzette", "FR", "+352", "LU"),
    Town("59000", "Lille", "FR", "+33", "FR"),
    Town("59200", "Tourcoing", "FR", "+33", "FR"),
    Town("SE1 9TG", "London", "EN", "+44", "GB"),
    Town("CT16 1QA", "Dover", "EN", "+44", "GB"),
    Town("1204", "Genève", "FR", "+41", "CH"),
    Town("8001", "Zürich", "DE", "+41", "CH"),
)
"""Towns of customers in the Union and beyond."""

STREETS = {
    "FR": (
        "Rue de l’Église", "Rue du Moulin", "Rue de la Station", "Grand-Route", "Rue Haute", "Rue des Écoles",
        "Chaussée de Tongres", "Avenue des Tilleuls", "Rue du Centre", "Place du Marché", "Rue de la Fontaine",
        "Rue Saint-Léonard", "Boulevard de la Sauvenière", "Quai de Rome", "Rue du Vieux Tilleul", "Clos des Pinsons",
        "Rue Joseph Wauters", "Avenue de la Liberté", "Rue des Vergers", "Thier de la Chapelle", "Rue de Campine",
        "Rue Albert 1er", "Avenue Reine Astrid", "Rue des Carrières", "Voie de Liège", "Rue Sur-les-Bois",
    ),
    "NL": (
        "Kerkstraat", "Molenstraat", "Stationsstraat", "Dorpsstraat", "Nieuwstraat", "Schoolstraat",
        "Brusselsesteenweg",
        "Gentsestraat", "Leuvensesteenweg", "Kapelstraat", "Groenstraat", "Veldstraat", "Lindelaan", "Markt",
        "Kasteelstraat", "Industrielaan", "Bergstraat", "Beukenlaan",
    ),
    "DE": ("Hauptstraße", "Gospertstraße", "Aachener Straße", "Kirchstraße", "Bahnhofstraße"),
    "EN": ("Station Road", "Borough High Street", "Castle Street", "Market Square"),
}  # fmt: skip
