"""Words for people: first names, surnames and jobs, in French and Dutch."""

FIRST_NAMES = {
    "FR": (
        "Adeline", "Alain", "Amandine", "André", "Anne", "Arnaud", "Aurélie", "Benoît", "Bernadette", "Bernard",
        "Camille", "Catherine", "Cédric", "Céline", "Christian", "Christine", "Claire", "Damien", "Daniel", "David",
        "Delphine", "Didier", "Dominique", "Élise", "Émilie", "Emmanuel", "Éric", "Étienne", "Fabienne", "Fabrice",
        "Fatima", "François", "Françoise", "Frédéric", "Geneviève", "Gilles", "Giovanni", "Grégory", "Guillaume",
        "Hélène",
        "Hugo", "Isabelle", "Jacques", "Jean-Marc", "Jean-Pierre", "Jérôme", "Joëlle", "Julien", "Karim", "Laetitia",
        "Laurence", "Laurent", "Léa", "Louis", "Luc", "Lucie", "Marc", "Marie", "Martine", "Mathilde",
        "Maxime", "Michel", "Mohamed", "Monique", "Muriel", "Nadia", "Nathalie", "Nicolas", "Olivier", "Pascal",
        "Patricia", "Pauline", "Philippe", "Pierre", "Quentin", "Raphaël", "Renaud", "Rosa", "Salvatore", "Sandrine",
        "Sébastien", "Simon", "Sophie", "Stéphanie", "Sylvie", "Thierry", "Thomas", "Valérie", "Vincent", "Xavier",
        "Yves", "Zoé",
    ),
    "NL": (
        "An", "Annelies", "Arne", "Bart", "Bram", "Carine", "Dirk", "Elke", "Els", "Eline", "Filip", "Frank", "Geert",
        "Greet", "Griet", "Hanne", "Hilde", "Ilse", "Jan", "Jef", "Johan", "Joke", "Jonas", "Joris", "Karel",
        "Karen", "Katrien", "Koen", "Kristof", "Lien", "Lies", "Lieve", "Luc", "Maarten", "Marijke", "Mieke", "Nele",
        "Patrick", "Peter", "Pieter", "Raf", "Ruben", "Sander", "Sarah", "Steven", "Stijn", "Sven", "Tine", "Tom",
        "Veerle", "Werner", "Wim", "Wout", "Yasmina",
    ),
}  # fmt: skip

SURNAMES = {
    "FR": (
        "Bastin", "Benali", "Bodart", "Bodson", "Bonhomme", "Close", "Collard", "Collignon", "Colson", "Debras",
        "Defays", "Delhaye", "Delvenne", "Denis", "Deprez", "Dethier", "Donnay", "Dubois", "Dumont", "Dupont",
        "Evrard", "Fontaine", "Franssen", "Gathy", "Georges", "Gérard", "Gillet", "Grégoire", "Halleux", "Hanquet",
        "Hardy", "Henrard", "Heusdain", "Jacquemin", "Jadot", "Jamar", "Kinet", "Lardinois", "Laurent", "Lecocq",
        "Lejeune", "Lemaire", "Leroy", "Liégeois", "Lizin", "Lombardo", "Magnée", "Marchal", "Maréchal", "Massart",
        "Mathieu", "Michaux", "Moreau", "Nihant", "Noël", "Nyssen", "Olivier", "Parmentier", "Pauly", "Pirard",
        "Piron", "Poncelet", "Quoilin", "Raskin", "Remacle", "Renard", "Rizzo", "Rouvroy", "Sacré", "Schyns",
        "Servais", "Simonis", "Stassart", "Thiry", "Thonon", "Tihon", "Toussaint", "Urbain", "Vrancken", "Warnier",
        "Wathelet", "Wilmotte", "Xhonneux", "Yernaux",
    ),
    "NL": (
        "Aerts", "Baert", "Bogaerts", "Callens", "Claes", "Cools", "Coppens", "De Backer", "De Clercq", "De Smet",
        "De Vos", "De Wilde", "Declercq", "Dierckx", "Geerts", "Goossens", "Hermans", "Jacobs", "Janssens", "Lauwers",
        "Lemmens", "Maes", "Martens", "Mertens", "Michiels", "Moens", "Nuyts", "Pauwels", "Peeters", "Segers",
        "Smets", "Stevens", "Thys", "Van Acker", "Van Damme", "Van den Broeck", "Vandenberghe", "Verbeke", "Verhoeven",
        "Vermeulen", "Verstraete", "Willems", "Wouters", "Wuyts",
    ),
}  # fmt: skip

JOBS = {
    "FR": ("Gérant", "Comptabilité", "Secrétariat", "Responsable technique", "Achats", "Concierge", "Chef de chantier"),
    "NL": ("Zaakvoerder", "Boekhouding", "Secretariaat", "Technisch verantwoordelijke", "Aankoop", "Werfleider"),
}
