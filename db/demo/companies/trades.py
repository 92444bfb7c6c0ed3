"""The trades of the accountant's small clients: the names of companies, their price lists, their usual apps."""

from dataclasses import dataclass

from db.demo.trade.catalogue import Basket, Group, Item, PriceList


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade. `{}` in `names` is the owner's surname; `retail`: prices include VAT, customers are mostly private."""

    language: str
    names: tuple[str, ...]
    prices: PriceList
    apps: tuple[str, ...] = ()
    retail: bool = False


def _trade(
    language: str, names: str, group: str, items: tuple[Item, ...], apps: str = "", *, retail: bool = False
) -> Trade:
    prices = PriceList((Group(group, "700000", items),), (Basket(1, ((group, 1, min(5, len(items))),)),))
    return Trade(language, tuple(names.split("|")), prices, tuple(apps.split()), retail)


TRADES = (
    _trade(
        "FR",
        "Boulangerie {}|Au Pain de {}|Pâtisserie {}",
        "Boulangerie",
        (
            Item("Pain gris 800 g", "2.90", "0.95", "many", 6),
            Item("Baguette tradition", "1.75", "0.52", "many", 6),
            Item("Plateau de sandwiches garnis (20)", "68.00", "31.00", "few", 6),
            Item("Tarte au riz 28 cm", "16.50", "6.40", "few", 6),
            Item("Gâteau d’anniversaire 10 personnes", "42.00", "18.20", "one", 6),
            Item("Assortiment de mignardises (50)", "55.00", "24.00", "few", 6),
            Item("Cougnou 500 g", "8.90", "3.30", "few", 6),
        ),
        "DELIVERY_DATE PRODUCT_PHOTOS",
        retail=True,
    ),
    _trade(
        "FR",
        "Menuiserie {}|{} & Fils, menuiserie",
        "Menuiserie",
        (
            Item("Porte intérieure chêne, pose comprise", "485.00", "262.00", "few", 6),
            Item("Châssis bois double vitrage, m²", "612.00", "388.00", "metres", 6),
            Item("Escalier hêtre droit", "3150.00", "1760.00", "one", 6),
            Item("Parquet chêne massif, m²", "78.50", "46.00", "metres", 6),
            Item("Placard sur mesure, mètre courant", "690.00", "355.00", "few", 6),
            Item("Plinthe MDF 90 mm, mètre", "6.40", "2.90", "metres", 21),
            Item("Main-d’œuvre menuisier, heure", "52.00", None, "hours", 6),
            Item("Déplacement", "35.00", None, "one", 6),
        ),
        "DISCOUNTS DELIVERY_DATE EXTRA_TEXT_FIELDS SITE_ADDRESSES",
    ),
    _trade(
        "FR",
        "Électricité {}|{} Elec",
        "Électricité",
        (
            Item("Mise en conformité tableau électrique", "890.00", "410.00", "one", 6),
            Item("Prise double avec câblage", "86.00", "28.40", "few", 6),
            Item("Point lumineux LED encastré", "74.00", "31.20", "many", 6),
            Item("Câble XVB 3G2,5, mètre", "2.45", "1.12", "metres", 21),
            Item("Borne de recharge 11 kW", "1380.00", "845.00", "one", 6),
            Item("Main-d’œuvre électricien, heure", "54.00", None, "hours", 6),
            Item("Contrôle par organisme agréé", "165.00", "132.00", "one", 21),
        ),
        "DISCOUNTS ORDER_REFERENCE LINE_DATES REXEL",
    ),
    _trade(
        "FR",
        "Jardins {}|Parcs et Jardins {}",
        "Jardin",
        (
            Item("Tonte et finitions, heure", "38.00", None, "hours"),
            Item("Taille de haies, heure", "42.00", None, "hours"),
            Item("Abattage d’arbre avec évacuation", "420.00", "90.00", "one"),
            Item("Gazon en rouleau, m²", "9.80", "4.65", "metres"),
            Item("Plantation d’arbuste, pièce", "34.00", "15.80", "many"),
            Item("Évacuation de déchets verts, m³", "45.00", "18.00", "few"),
        ),
        "LINE_DATES AGENDA",
    ),
    _trade(
        "FR",
        "Garage {}|Carrosserie {}",
        "Atelier",
        (
            Item("Entretien annuel avec vidange", "245.00", "92.00", "one"),
            Item("Plaquettes de frein avant", "128.00", "61.00", "one"),
            Item("Pneu été 205/55 R16", "96.00", "68.00", "few"),
            Item("Batterie 70 Ah", "149.00", "98.00", "one"),
            Item("Passage au contrôle technique", "45.00", None, "one"),
            Item("Main-d’œuvre mécanicien, heure", "62.00", None, "hours"),
            Item("Voiture de remplacement, jour", "32.00", None, "few"),
        ),
        "DISCOUNTS STOCK ORDER_REFERENCE",
    ),
    _trade(
        "FR",
        "Toitures {}|{} Couverture",
        "Toiture",
        (
            Item("Tuile terre cuite, m²", "48.00", "27.50", "metres", 6),
            Item("Ardoise naturelle, m²", "96.00", "58.00", "metres", 6),
            Item("Gouttière zinc, mètre", "64.00", "31.00", "metres", 6),
            Item("Fenêtre de toit 78 × 98", "785.00", "492.00", "few", 6),
            Item("Isolation sarking 14 cm, m²", "72.00", "44.00", "metres", 6),
            Item("Échafaudage, forfait", "680.00", "310.00", "one", 6),
        ),
        "DISCOUNTS SITE_ADDRESSES EXTRA_TEXT_FIELDS UNITS",
    ),
    _trade(
        "FR",
        "Peinture {}|Décor {}",
        "Peinture",
        (
            Item("Peinture murs deux couches, m²", "14.50", "3.10", "metres", 6),
            Item("Peinture plafond, m²", "16.00", "3.20", "metres", 6),
            Item("Pose de papier peint, m²", "19.50", None, "metres", 6),
            Item("Préparation et ponçage, heure", "41.00", None, "hours", 6),
            Item("Enduit décoratif, m²", "38.00", "12.40", "metres", 6),
            Item("Protection et nettoyage de chantier", "120.00", "22.00", "one", 6),
        ),
        "DISCOUNTS EXTRA_TEXT_FIELDS",
    ),
    _trade(
        "FR",
        "Brasserie {}|Chez {}|La Table de {}",
        "Restaurant",
        (
            Item("Menu trois services", "38.00", "12.60", "many", 12),
            Item("Plat du jour", "17.50", "5.90", "many", 12),
            Item("Banquet quatre services", "54.00", "19.20", "many", 12),
            Item("Forfait boissons", "16.00", "5.20", "many", 21),
            Item("Location de la salle", "250.00", None, "one", 21),
            Item("Buffet froid", "28.50", "10.40", "many", 6),
        ),
        "CASH_TICKETS RECEIPTS_JOURNAL",
        retail=True,
    ),
    _trade(
        "FR",
        "Salon {}|Coiffure {}",
        "Coiffure",
        (
            Item("Coupe dame et brushing", "48.00", None, "one"),
            Item("Coupe homme", "26.00", None, "one"),
            Item("Coloration", "56.00", "11.40", "one"),
            Item("Shampooing réparateur 250 ml", "18.50", "8.90", "few"),
            Item("Chignon de mariée", "95.00", None, "one"),
        ),
        "CASH_TICKETS PRODUCT_PHOTOS",
        retail=True,
    ),
    _trade(
        "FR",
        "Bureau d’études {}|{} Architectes",
        "Études",
        (
            Item("Avant-projet", "1850.00", None, "one"),
            Item("Permis d’urbanisme, dossier complet", "3400.00", None, "one"),
            Item("Suivi de chantier, visite", "145.00", None, "few"),
            Item("Métré et cahier des charges", "1200.00", None, "one"),
            Item("Étude, heure", "82.00", None, "hours"),
            Item("Impression de plans A0", "9.50", "3.80", "many"),
        ),
        "PROJECTS ORDER_REFERENCE LINE_DATES",
    ),
    _trade(
        "FR",
        "{} Informatique|{} Web",
        "Informatique",
        (
            Item("Développement, heure", "85.00", None, "hours"),
            Item("Maintenance mensuelle de site", "59.00", None, "few"),
            Item("Ordinateur portable 14″", "899.00", "742.00", "few"),
            Item("Installation et configuration de poste", "120.00", None, "few"),
            Item("Licence antivirus, un an", "34.00", "19.50", "many"),
            Item("Nom de domaine, un an", "15.00", "7.20", "few"),
        ),
        "SUBSCRIPTIONS DISCOUNTS PROSPECTS CURRENCIES",
    ),
    _trade(
        "FR",
        "Fleurs {}|Fleuriste {}",
        "Fleurs",
        (
            Item("Bouquet de saison", "32.00", "12.80", "few", 6),
            Item("Composition de table", "45.00", "18.00", "few", 6),
            Item("Couronne de deuil", "95.00", "38.00", "one", 6),
            Item("Plante d’intérieur en pot", "24.00", "9.80", "few", 6),
            Item("Décoration de salle, forfait", "380.00", "142.00", "one", 21),
            Item("Livraison", "9.00", None, "one", 21),
        ),
        "DELIVERY_DATE",
        retail=True,
    ),
    _trade(
        "FR",
        "Nettoyage {}|{} Clean",
        "Nettoyage",
        (
            Item("Nettoyage de bureaux, heure", "31.00", None, "hours"),
            Item("Lavage de vitres, forfait", "85.00", "18.00", "one"),
            Item("Nettoyage de fin de chantier, heure", "36.00", None, "hours"),
            Item("Produits d’entretien", "22.00", "11.60", "few"),
            Item("Shampooing de moquette, m²", "4.20", "0.85", "metres"),
        ),
        "SUBSCRIPTIONS LINE_DATES",
    ),
    _trade(
        "FR",
        "Transports {}|{} Déménagements",
        "Transport",
        (
            Item("Déménagement, équipe de deux, heure", "92.00", None, "hours"),
            Item("Lift extérieur, heure", "75.00", None, "hours"),
            Item("Transport express, kilomètre", "1.35", "0.72", "metres"),
            Item("Cartons renforcés, lot de 20", "38.00", "21.00", "few"),
            Item("Garde-meubles, mois", "65.00", None, "few"),
        ),
        "ORDER_REFERENCE DELIVERY_DATE",
    ),
    _trade(
        "FR",
        "Boucherie {}|Aux Délices de {}",
        "Boucherie",
        (
            Item("Colis barbecue 10 personnes", "89.00", "52.00", "few", 6),
            Item("Boulets liégeois, la douzaine", "26.40", "13.90", "few", 6),
            Item("Filet pur de bœuf, kg", "42.90", "29.80", "kilos", 6),
            Item("Rôti de porc, kg", "14.90", "9.20", "kilos", 6),
            Item("Plateau de charcuterie 10 personnes", "64.00", "36.00", "few", 6),
            Item("Pâté de campagne, kg", "17.80", "9.60", "kilos", 6),
        ),
        "UNITS DELIVERY_DATE",
        retail=True,
    ),
    _trade(
        "FR",
        "Librairie {}|Papeterie {}",
        "Librairie",
        (
            Item("Roman grand format", "22.50", "14.60", "few", 6),
            Item("Bande dessinée cartonnée", "14.50", "9.40", "few", 6),
            Item("Ramette papier A4 80 g", "6.90", "4.10", "many"),
            Item("Classeur à levier", "4.80", "2.35", "many"),
            Item("Cartouche d’encre noire", "34.00", "24.50", "few"),
            Item("Agenda scolaire", "12.90", "7.20", "few"),
        ),
        "BARCODE_SCANNER STOCK",
        retail=True,
    ),
    _trade(
        "NL",
        "Bakkerij {}|Warme Bakker {}",
        "Bakkerij",
        (
            Item("Grof brood 800 g", "2.95", "0.98", "many", 6),
            Item("Pistolet", "0.65", "0.21", "many", 6),
            Item("Rijsttaart 28 cm", "17.00", "6.60", "few", 6),
            Item("Schotel belegde broodjes (20)", "70.00", "32.00", "few", 6),
            Item("Verjaardagstaart 10 personen", "43.50", "18.90", "one", 6),
            Item("Speculaas 500 g", "7.80", "2.90", "few", 6),
        ),
        "DELIVERY_DATE PRODUCT_PHOTOS",
        retail=True,
    ),
    _trade(
        "NL",
        "Schrijnwerkerij {}|{} Interieur",
        "Schrijnwerk",
        (
            Item("Binnendeur eik, geplaatst", "495.00", "268.00", "few", 6),
            Item("Maatkast, strekkende meter", "710.00", "362.00", "few", 6),
            Item("Eiken parket, m²", "79.50", "46.50", "metres", 6),
            Item("Keukenblad composiet, strekkende meter", "318.00", "196.00", "metres", 6),
            Item("Werkuren schrijnwerker", "53.00", None, "hours", 6),
            Item("Verplaatsing", "36.00", None, "one", 6),
        ),
        "DISCOUNTS SITE_ADDRESSES EXTRA_TEXT_FIELDS",
    ),
    _trade(
        "NL",
        "Elektro {}|{} Elektriciteit",
        "Elektriciteit",
        (
            Item("Vernieuwing zekeringkast", "915.00", "425.00", "one", 6),
            Item("Stopcontact met bekabeling", "64.00", "21.50", "few", 6),
            Item("Ledspot inbouw", "72.00", "30.80", "many", 6),
            Item("Laadpaal 11 kW", "1395.00", "852.00", "one", 6),
            Item("Werkuren elektricien", "55.00", None, "hours", 6),
            Item("Keuring door erkend organisme", "168.00", "134.00", "one"),
        ),
        "DISCOUNTS ORDER_REFERENCE LINE_DATES CEBEO",
    ),
    _trade(
        "NL",
        "Tuinen {}|Groenwerken {}",
        "Tuin",
        (
            Item("Gras maaien, uur", "39.00", None, "hours"),
            Item("Haag scheren, uur", "43.00", None, "hours"),
            Item("Graszoden, m²", "9.90", "4.70", "metres"),
            Item("Boom vellen en afvoeren", "430.00", "92.00", "one"),
            Item("Klinkers leggen, m²", "58.00", "24.00", "metres"),
        ),
        "LINE_DATES AGENDA",
    ),
    _trade(
        "NL",
        "Garage {}|Fietsen {}",
        "Werkplaats",
        (
            Item("Onderhoudsbeurt met olie", "248.00", "94.00", "one"),
            Item("Zomerband 205/55 R16", "97.50", "69.00", "few"),
            Item("Remblokken vooraan", "130.00", "62.00", "one"),
            Item("Werkuren mecanicien", "63.00", None, "hours"),
            Item("Stadsfiets 7 versnellingen", "649.00", "455.00", "one"),
            Item("Fietsslot", "39.90", "21.80", "few"),
        ),
        "DISCOUNTS STOCK BARCODE_SCANNER",
    ),
    _trade(
        "NL",
        "Loodgieterij {}|{} Sanitair",
        "Sanitair",
        (
            Item("Mengkraan wastafel", "114.00", "69.50", "few", 6),
            Item("Hangtoilet met inbouwreservoir", "492.00", "336.00", "one", 6),
            Item("Onderhoud gasketel met attest", "121.00", None, "one", 6),
            Item("Buis meerlagig 16 mm, meter", "3.50", "1.95", "metres", 6),
            Item("Werkuren loodgieter", "57.00", None, "hours", 6),
            Item("Waterverzachter 10 l", "1190.00", "806.00", "one", 6),
        ),
        "DISCOUNTS WORK_ORDERS DELIVERY_DATE",
    ),
)
