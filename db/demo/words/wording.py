"""Texts of documents, products and customers, by language."""

TOP_TEXTS = {
    "FR": (
        "Suite à notre visite, veuillez trouver le détail ci-dessous.",
        "Selon vos instructions et notre entretien téléphonique.",
        "Travaux réalisés à votre adresse.",
        "Concerne : intervention du mois.",
    ),
    "NL": ("Zoals telefonisch besproken.", "Volgens uw bestelling.", "Betreft: werken op uw adres."),
    "EN": ("As agreed by telephone.", "According to your order."),
    "DE": ("Wie telefonisch besprochen.", "Gemäß Ihrer Bestellung."),
}

_CLOSING = {
    ("QUOTE", "FR"): "Offre valable 30 jours. Acompte de 30 % à la commande.",
    ("QUOTE", "NL"): "Offerte 30 dagen geldig. Voorschot van 30 % bij bestelling.",
    ("QUOTE", "EN"): "This quote is valid for 30 days.",
    ("QUOTE", "DE"): "Dieses Angebot gilt 30 Tage.",
    ("INVOICE", "FR"): "Merci de mentionner la communication structurée lors du paiement.",
    ("INVOICE", "NL"): "Gelieve de gestructureerde mededeling te vermelden bij betaling.",
    ("INVOICE", "EN"): "Please quote the payment reference.",
    ("INVOICE", "DE"): "Bitte geben Sie bei der Zahlung die Mitteilung an.",
    ("CREDIT_NOTE", "FR"): "TVA à reverser à l’État dans la mesure où elle a été initialement déduite.",
    (
        "CREDIT_NOTE",
        "NL",
    ): "Btw terug te storten aan de Staat in de mate waarin ze oorspronkelijk in aftrek werd gebracht.",
    ("CREDIT_NOTE", "EN"): "VAT to be repaid as far as it was deducted.",
    ("CREDIT_NOTE", "DE"): "Die MwSt. ist zu erstatten, soweit sie abgezogen wurde.",
}

LINE_TEXTS = {
    "FR": ("Fourniture et pose.", "Selon notre offre.", "Remplacement sous garantie partielle.", "Livré ce jour."),
    "NL": ("Levering en plaatsing.", "Volgens onze offerte.", "Vandaag geleverd."),
}

FREE_LINES = {
    "FR": ("Fournitures diverses", "Petit matériel", "Frais administratifs", "Recyclage et évacuation"),
    "NL": ("Diverse leveringen", "Klein materiaal", "Administratiekosten"),
}

PRODUCT_NOTES = {
    "FR": (
        "Prix revu au 1er janvier.",
        "Commander par multiple de six.",
        "Délai de livraison : deux semaines.",
        "Remplace l’ancien modèle.",
        "Vérifier la disponibilité chez le fournisseur.",
    ),
    "NL": ("Prijs herzien op 1 januari.", "Levertermijn: twee weken.", "Vervangt het vorige model."),
}

CUSTOMER_NOTES = {
    "FR": (
        "Sonner à l’arrière du bâtiment.",
        "Préfère être contacté l’après-midi.",
        "Ancien client de la maison, tarif habituel.",
        "Envoyer la facture au syndic.",
        "Chien dans le jardin.",
    ),
    "NL": ("Achteraan aanbellen.", "Liefst in de namiddag bellen.", "Klant sinds jaren.", "Opgelet voor de hond."),
}


def closing_text(kind: str, language: str) -> str:
    """The sentence below the lines of a document of `kind`."""
    return _CLOSING[kind, language]
