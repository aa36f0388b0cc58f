"""The words that simulated people fill their forms with; all invented, numbers from ranges reserved for fiction."""

FIRST_NAMES = (
    "Anna", "Ben", "Carla", "David", "Elif", "Finn", "Greta", "Hannah", "Igor", "Jana", "Karim", "Lena", "Marco",
    "Nadia", "Oskar", "Paula", "Quentin", "Rosa", "Samir", "Tilda", "Ulrike", "Viktor", "Wanda", "Yusuf", "Zoe",
    "Chloé", "Jürgen", "Amelie", "Bruno", "Claire", "Dmitri", "Emma", "Felix", "Gloria", "Henrik", "Isabel", "Jonas",
    "Kerstin", "Leon", "Mira", "Nils", "Olivia", "Pierre", "Rebecca", "Sven", "Theo", "Una", "Vera", "William", "Åsa",
)  # fmt: skip
LAST_NAMES = (
    "Abel", "Berger", "Castell", "Dunmore", "Ekström", "Fournier", "Grünwald", "Hartley", "Ivers", "Jansen", "Keller",
    "Lindqvist", "Moreau", "Nowak", "Okafor", "Prentice", "Quist", "Rahmani", "Schäfer", "Tanner", "Underhill", "Vogt",
    "Whitcombe", "Yilmaz", "Zander", "Ashdown", "Bellamy", "Cordes", "Dietrich", "Engel", "Forsberg", "Garnier", "Holm",
    "Imhof", "Jarvis", "Kowalski", "Laurent", "Marlow", "Nyberg", "Osborne", "Petit", "Reuter", "Sommer", "Thorne",
    "Ulrich", "Vasseur", "Weller", "Yates", "Ziegler", "Östlund",
)  # fmt: skip
COMPANY_FIRST = (
    "Blue", "Northern", "Silver", "Harbour", "Alpine", "Bright", "Copper", "Evergreen", "Granite", "Lantern", "Meadow",
    "Orchard", "Pine", "River", "Summit", "Velvet", "Westgate", "Amber",
)  # fmt: skip
COMPANY_SECOND = {
    "Machinery": ("Tools", "Gears", "Presses"),
    "Retail": ("Stores", "Market", "Outfitters"),
    "Logistics": ("Freight", "Haulage", "Couriers"),
    "Energy": ("Solar", "Grid", "Wind"),
    "Software": ("Software", "Systems", "Labs"),
    "Public sector": ("Council", "Agency", "Waterworks"),
    "Health care": ("Clinics", "Care", "Pharmacy"),
    "Education": ("Academy", "Schools", "Learning"),
    "Construction": ("Builders", "Roofing", "Concrete"),
    "Hospitality": ("Hotels", "Kitchens", "Catering"),
}
LEGAL_FORMS = {
    "Germany": "GmbH", "United States": "Inc.", "United Kingdom": "Ltd", "France": "SARL",
    "Austria": "GmbH", "Canada": "Inc.", "Sweden": "AB", "Australia": "Pty Ltd",
}  # fmt: skip
FREE_MAIL = {
    "Germany": ("gmail.com", "gmx.de", "web.de"), "United States": ("gmail.com", "yahoo.com", "outlook.com"),
    "United Kingdom": ("gmail.com", "hotmail.co.uk", "yahoo.com"), "France": ("gmail.com", "orange.fr", "outlook.com"),
    "Austria": ("gmail.com", "gmx.at", "outlook.com"), "Canada": ("gmail.com", "yahoo.com", "outlook.com"),
    "Sweden": ("gmail.com", "hotmail.com", "outlook.com"), "Australia": ("gmail.com", "yahoo.com", "icloud.com"),
}  # fmt: skip
# Regulators set these ranges aside for films and books; Austria has none, so its leads give no number.
PHONE_RANGES = {
    "Germany": ("+49 30 23125", 3), "United States": ("+1 202 55501", 2), "United Kingdom": ("+44 20 7946 0", 3),
    "France": ("+33 1 9900", 4), "Canada": ("+1 613 55501", 2), "Sweden": ("+46 8 46500 4", 2),
    "Australia": ("+61 3 7010", 4),
}  # fmt: skip
# What each seniority calls itself; the gap is filled with a function. The last shapes of a tuple need none.
TITLES: tuple[tuple[str, ...], ...] = (
    ("{} Assistant", "Junior {} Analyst", "{} Intern", "{} Trainee", "{} Coordinator", "Sachbearbeiter {}", "Student"),
    ("{} Manager", "Senior {} Specialist", "Team Lead {}", "{} Project Manager", "Teamleiterin {}", "Senior Engineer"),
    ("Director of {}", "Head of {}", "{} Director", "Director {}", "Leiter {}", "Head of {} and Strategy"),
    ("VP {}", "VP of {}", "Chief {} Officer", "CEO", "Founder", "Geschäftsführer", "Managing Director", "Owner"),
)
FUNCTIONS = (
    "Marketing", "Sales", "Procurement", "Operations", "IT", "Finance", "Product", "Logistics", "Customer Service",
    "Human Resources", "Quality", "Engineering", "Data", "Legal", "Digital", "Supply Chain",
)  # fmt: skip
REGIONS = ("", "", "", "", ", EMEA", ", DACH", ", North", ", South", " (interim)", ", Europe", ", West", ", Group")
CAMPAIGNS = {
    "paid_search": ("brand", "generic-software", "competitors"),
    "social": ("retargeting", "decision-makers", "webinar"),
    "email": ("newsletter", "product-update", "event-invitation"),
    "display": ("awareness", "retargeting"),
    "partner": ("reseller-page", "marketplace"),
}
# A message is an opening, a wish and, now and then, a fact; {} is a number.
OPENINGS = (
    "Hello,", "Hi there,", "Dear team,", "Good morning,",
    "Guten Tag,", "Bonjour,", "Hej,", "",
)  # fmt: skip
WISHES = (
    "we would like to know more about your product.",
    "please send me the price list.",
    "our current tool does not scale any more. Could we talk about a switch?",
    "how do you integrate with our CRM, and who hosts the data?",
    "bitte rufen Sie mich zurück.",
    "wir suchen eine Lösung für mehrere Standorte und würden gern ein Angebot bekommen.",
    "pouvez-vous m'envoyer une brochure ?",
    "what would a pilot cost?",
    "I am just looking around for a seminar paper.",
    "we compare several vendors; please tell us about contract terms, training and support hours.",
    "can I see a demonstration with our own numbers?",
    "do you have a plan for small teams?",
)
FACTS = (
    "We are {} people.", "It is about {} users.", "We have {} sites.", "Our budget is decided in {} weeks.",
    "We handle {} requests a day.", "We lose {} hours a week.", "Wir sind {} Kollegen.", "", "",
)  # fmt: skip
SPAM_MESSAGES = (
    "We can bring your site to the FIRST page!!! Visit https://rank.example/now",
    "BUY 10,000 real visitors today >>> http://traffic.example",
    "Dear sir, cheap loans approved in 5 minutes, click https://loans.example",
    "qwkjeh asdkj zxmnb",
)
