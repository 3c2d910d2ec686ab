"""Names and texts of the demo data."""

from skeleton.identity.choices import Language

FIRMS = {
    # country: (currency, tax, phone, [(city, postal code)], streets, endings)
    "DE": (
        "EUR",
        19,
        "+49 30",
        [("Berlin", "10115"), ("Hamburg", "20095"), ("Köln", "50667"), ("München", "80331")],
        ["Lindenallee", "Bahnhofstraße", "Am Markt", "Hafenweg"],
        ["GmbH", "AG", "& Söhne KG"],
    ),
    "UA": (
        "UAH",
        20,
        "+380 44",
        [("Київ", "01001"), ("Львів", "79000"), ("Одеса", "65000"), ("Дніпро", "49000")],
        ["вул. Хрещатик", "вул. Лесі Українки", "просп. Свободи"],
        ["ТОВ", "ПП"],
    ),
    "US": (
        "USD",
        0,
        "+1 212",
        [("New York", "10001"), ("Austin", "73301"), ("Portland", "97035"), ("Boston", "02108")],
        ["Main Street", "Market Street", "5th Avenue", "Elm Street"],
        ["Inc.", "LLC", "Corp."],
    ),
    "GB": (
        "GBP",
        20,
        "+44 20",
        [("London", "EC1A 1BB"), ("Leeds", "LS1 4AP"), ("Bristol", "BS1 4DJ")],
        ["High Street", "Station Road", "Church Lane"],
        ["Ltd", "plc"],
    ),
    "PL": (
        "EUR",
        23,
        "+48 22",
        [("Warszawa", "00-001"), ("Kraków", "30-001"), ("Gdańsk", "80-001")],
        ["ul. Długa", "ul. Polna"],
        ["Sp. z o.o.", "S.A."],
    ),
}
LANGUAGES = {"DE": Language.GERMAN, "UA": Language.UKRAINIAN}
"""The languages of documents by country. Elsewhere, they are in English."""

SHARES = ("US", "US", "US", "US", "US", "DE", "DE", "UA", "UA", "GB", "PL")
"""Countries of the customers, repeated by frequency."""

NAMES = {
    "DE": [
        "Müller Metallbau",
        "Nordlicht Logistik",
        "Becker Haustechnik",
        "Sonnenfeld Solar",
        "Hansen Werften",
        "Krause Elektro",
        "Alpen Outdoor",
        "Weber Möbel",
    ],
    "UA": [
        "Дніпро Інвест",
        "Карпати Буд",
        "Зоря Агро",
        "Світанок Трейд",
        "Меблі Полісся",
        "Крок Сервіс",
        "Азов Текстиль",
        "Вишиванка Дім",
    ],
    "US": [
        "Acme Supply",
        "Blue Ridge Outfitters",
        "Cascade Builders",
        "Delta Home",
        "Evergreen Farms",
        "Fairview Schools",
        "Golden Gate Foods",
        "Harbor Hardware",
        "Ironwood Tools",
        "Juniper Design",
        "Keystone Plumbing",
        "Lakeside Hotels",
        "Maple Leaf Bakery",
        "Northstar Fitness",
        "Oak & Stone",
        "Pacific Print",
    ],
    "GB": ["Thames Trading", "Yorkshire Kitchens", "Avon Cycles", "Highland Wool", "Camden Books"],
    "PL": ["Wisła Transport", "Bałtyk Marine", "Tatra Sport", "Mazury Drewno"],
}

PEOPLE = [
    "Olena Kovalenko",
    "Marco Rossi",
    "Hanna Schneider",
    "James Carter",
    "Iryna Bondar",
    "Tomasz Nowak",
    "Grace Miller",
    "Lukas Weber",
    "Sofia Petrenko",
    "Daniel Brooks",
    "Anna Kowalska",
    "Peter Hoffmann",
    "Nadia Shevchenko",
    "Emily Stone",
    "Andrii Melnyk",
    "Julia Braun",
]
POSITIONS = ["Sales manager", "Accountant", "Warehouse clerk", "Buyer", "Developer", "Support agent", "Head of sales"]

STAFF = [
    # e-mail, name, role, language
    ("olena", "Olena Kovalenko", "admin", "uk"),
    ("james", "James Carter", "admin", "en"),
    ("hanna", "Hanna Schneider", "admin", "de"),
    ("grace", "Grace Miller", "viewer", "en"),
]

CATALOGUE = {
    "Hand tools": {
        "Hammers": [("Claw hammer 450 g", 1890), ("Sledge hammer 3 kg", 3490), ("Rubber mallet", 1290)],
        "Screwdrivers": [("Screwdriver set, 6 pieces", 2450), ("Precision screwdrivers", 1990), ("Bit set, 32", 1750)],
        "Wrenches": [('Torque wrench 1/2"', 8900), ("Combination wrenches", 6490), ("Adjustable wrench 250 mm", 2190)],
    },
    "Power tools": {
        "Drills": [("Cordless drill 18 V", 12900), ("Hammer drill 850 W", 10900), ("Drill stand", 4990)],
        "Saws": [("Circular saw 1400 W", 14900), ("Jigsaw 650 W", 8490), ("Mitre saw 210 mm", 19900)],
        "Batteries": [("Battery 18 V 4 Ah", 6900), ("Quick charger", 4900)],
    },
    "Safety": {
        "Gloves": [("Work gloves, pair", 690), ("Cut-resistant gloves, pair", 1590)],
        "Protection": [("Safety goggles", 990), ("Ear defenders", 1890), ("Hard hat", 1490)],
    },
    "Storage": {
        "Boxes": [('Tool box 20"', 2990), ("Assortment box, 24 parts", 1390)],
        "Shelving": [("Heavy-duty shelf 180 cm", 7990), ("Wall panel with hooks", 3490)],
    },
}
SERVICES = [
    ("On-site training, day", 95000),
    ("Tool calibration", 4500),
    ("Express delivery", 2500),
    ("Repair, hour", 6500),
]
WAREHOUSES = [
    ("MAIN", "Main warehouse", "Newark, NJ"),
    ("WEST", "West coast warehouse", "Oakland, CA"),
    ("EU", "European warehouse", "Rotterdam"),
]

UNITS = {"On-site training, day": "DAY", "Repair, hour": "HUR"}
"""Units of services (UN/ECE Rec 20); everything else is sold by the piece."""

TAX_CODES = {"DE": "DE-S19", "GB": "GB-S20", "UA": "UA-S20", "US": "US-O"}
"""Tax codes of the lines by country of the customer. Those of others only have a rate."""

RATES = {"USD": 1.0, "EUR": 0.92, "GBP": 0.79, "UAH": 41.0}
"""Exchange rates of the dollar. Catalogue prices are in dollars."""

TALK = [
    (
        "Sales team",
        [
            "Good morning! The quarter ends on Friday, please send what is confirmed.",
            "Three orders of Harbor Hardware are waiting for stock.",
            "The hammers come in tomorrow, I have just had the call.",
            "Great, I will tell them.",
            "Who looks after the training in Austin?",
            "I do. The hotel is booked.",
        ],
    ),
    (
        "Books",
        [
            "Two invoices are more than 60 days late now.",
            "I have called both. One pays this week, the other wants a copy.",
            "Sent it as PDF.",
            "Дякую! Закриваємо місяць у п'ятницю.",
        ],
    ),
]
DIRECT = [
    "Could you approve the contract with Nordlicht today?",
    "Yes, after lunch.",
    "Danke!",
    "Done. They renew for a year.",
]
COSTS = {"5100": "Goods bought", "5200": "Salaries", "5300": "Rent", "5400": "Bank charges"}
