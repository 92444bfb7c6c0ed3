"""Preset e-mails of the demo, by kind of document and language: name, subject and body."""

FAREWELLS = {
    "FR": "Bien à vous,\n{company}",
    "NL": "Met vriendelijke groeten,\n{company}",
    "EN": "Kind regards,\n{company}",
    "DE": "Mit freundlichen Grüßen\n{company}",
}

EMAILS = {
    ("QUOTE", "FR"): ("Envoi de l’offre", "Notre offre {number}", "Madame, Monsieur,\n\nVoici notre offre {number}."),
    ("QUOTE", "NL"): ("Offerte versturen", "Onze offerte {number}", "Beste,\n\nHierbij onze offerte {number}."),
    ("QUOTE", "EN"): ("Sending a quote", "Our quote {number}", "Hello,\n\nPlease find our quote {number}."),
    ("QUOTE", "DE"): ("Angebot senden", "Unser Angebot {number}", "Guten Tag,\n\nanbei unser Angebot {number}."),
    ("ORDER_CONFIRMATION", "FR"): (
        "Confirmation de commande",
        "Votre commande {number}",
        "Madame, Monsieur,\n\nNous avons bien reçu votre commande et vous en remercions.",
    ),
    ("ORDER_CONFIRMATION", "NL"): (
        "Bestelling bevestigen",
        "Uw bestelling {number}",
        "Beste,\n\nWij hebben uw bestelling goed ontvangen, waarvoor dank.",
    ),
    ("DELIVERY_NOTE", "FR"): (
        "Bon de livraison",
        "Votre livraison {number}",
        "Madame, Monsieur,\n\nVoici le bon de votre livraison du {date}.",
    ),
    ("DELIVERY_NOTE", "NL"): ("Leveringsbon", "Uw levering {number}", "Beste,\n\nHierbij de bon van uw levering."),
    ("INVOICE", "FR"): (
        "Envoi de la facture",
        "Votre facture {number}",
        "Madame, Monsieur,\n\nVoici votre facture {number}, payable avant le {dueDate}.",
    ),
    ("INVOICE", "NL"): (
        "Factuur versturen",
        "Uw factuur {number}",
        "Beste,\n\nHierbij uw factuur {number}, te betalen voor {dueDate}.",
    ),
    ("INVOICE", "EN"): (
        "Sending an invoice",
        "Your invoice {number}",
        "Hello,\n\nPlease find your invoice {number}, due on {dueDate}.",
    ),
    ("INVOICE", "DE"): (
        "Rechnung senden",
        "Ihre Rechnung {number}",
        "Guten Tag,\n\nanbei Ihre Rechnung {number}, zahlbar bis {dueDate}.",
    ),
    ("CREDIT_NOTE", "FR"): (
        "Envoi de la note de crédit",
        "Note de crédit {number}",
        "Madame, Monsieur,\n\nVoici notre note de crédit {number}.",
    ),
    ("CREDIT_NOTE", "NL"): (
        "Creditnota versturen",
        "Creditnota {number}",
        "Beste,\n\nHierbij onze creditnota {number}.",
    ),
    ("PAYMENT_REQUEST", "FR"): (
        "Demande de paiement",
        "Demande de paiement {number}",
        "Madame, Monsieur,\n\nNous vous prions de régler {amount} avant le {dueDate}.",
    ),
    ("PURCHASE_ORDER", "FR"): (
        "Commande au fournisseur",
        "Commande {number}",
        "Madame, Monsieur,\n\nVeuillez nous livrer ce qui suit.",
    ),
    ("PURCHASE_ORDER", "NL"): ("Bestelling bij leverancier", "Bestelling {number}", "Beste,\n\nGelieve te leveren:"),
}

REMINDERS = {
    "FR": (
        "Facture échue",
        "Rappel : facture {number}",
        "Madame, Monsieur,\n\nSauf erreur de notre part, la facture {number} reste impayée.",
    ),
    "NL": ("Vervallen factuur", "Herinnering: factuur {number}", "Beste,\n\nFactuur {number} staat nog open."),
}
"""A second e-mail for invoices, by language: a reminder."""

TOP_TEXT_NAMES = {
    "FR": ("Après une visite", "Après un appel", "À l’adresse du client", "Intervention du mois"),
    "NL": ("Na een gesprek", "Na een bestelling", "Op het adres van de klant"),
}
"""The names of the texts of `wording.TOP_TEXTS`, by language."""
