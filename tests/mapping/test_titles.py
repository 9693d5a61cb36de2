"""What job titles say: level, department, note. Expectations are how a person in sales would read the title."""

import pytest

from mapping import titles
from mapping.records import STAGED
from mapping.statements import create, execute, load
from tests.mapping.world import PROFILE, RULES, connect

Reading = tuple[str | None, str | None, str | None]

CASES: dict[str, Reading] = {
    # --- the top ---
    "CEO": ("c-level", "Executive", None),
    "C.E.O.": ("c-level", "Executive", None),
    "Chief Executive Officer": ("c-level", "Executive", None),
    "chief executive officer": ("c-level", "Executive", None),
    "CFO": ("c-level", "Finance", None),
    "Chief Financial Officer": ("c-level", "Finance", None),
    "Group CFO": ("c-level", "Finance", None),
    "COO": ("c-level", "Operations", None),
    "Chief Operating Officer": ("c-level", "Operations", None),
    "CTO": ("c-level", "Engineering", None),
    "Chief Technology Officer": ("c-level", "Engineering", None),
    "CIO": ("c-level", "IT", None),
    "Chief Information Officer": ("c-level", "IT", None),
    "CISO": ("c-level", "Security", None),
    "Chief Information Security Officer": ("c-level", "Security", None),
    "CMO": ("c-level", "Marketing", None),
    "Chief Marketing Officer": ("c-level", "Marketing", None),
    "Chief Revenue Officer": ("c-level", "Sales", None),
    "CRO": ("c-level", "Sales", None),
    "CHRO": ("c-level", "Human Resources", None),
    "Chief People Officer": ("c-level", "Human Resources", None),
    "Chief Product Officer": ("c-level", "Product", None),
    "Chief Data Officer": ("c-level", "Data", None),
    "Chief Compliance Officer": ("c-level", "Compliance", None),
    "Chief Customer Officer": ("c-level", "Customer Success", None),
    "Chief Procurement Officer": ("c-level", "Procurement", None),
    "General Counsel": ("c-level", "Legal", None),
    "President": ("c-level", "Executive", None),
    "Founder": ("c-level", "Executive", None),
    "Co-Founder": ("c-level", "Executive", None),
    "Owner": ("c-level", "Executive", None),
    "Managing Director": ("c-level", "Executive", None),
    "Managing Partner": ("c-level", "Executive", None),
    "Interim CFO": ("c-level", "Finance", None),
    "Member of the Executive Board": ("c-level", "Executive", None),
    # --- vice presidents ---
    "VP": ("vp", None, None),
    "V.P. Finance": ("vp", "Finance", None),
    "VP Sales": ("vp", "Sales", None),
    "VP of Operations": ("vp", "Operations", None),
    "VP, Sales Operations": ("vp", "Sales", None),
    "Vice President": ("vp", None, None),
    "Vice President, Engineering": ("vp", "Engineering", None),
    "Vice President of Human Resources": ("vp", "Human Resources", None),
    "Vice-President Marketing": ("vp", "Marketing", None),
    "Senior Vice President, Supply Chain": ("vp", "Supply Chain", None),
    "SVP Customer Success": ("vp", "Customer Success", None),
    "EVP & Head of Product": ("vp", "Product", "dual"),
    "Executive Vice President": ("vp", None, None),
    "Deputy CEO": ("vp", None, None),
    "RVP Sales EMEA": ("vp", "Sales", None),
    # --- directors and heads ---
    "Director": ("director", None, None),
    "Director of Operations": ("director", "Operations", None),
    "Director, IT": ("director", "IT", None),
    "IT Director": ("director", "IT", None),
    "Senior Director of Product Management": ("director", "Product", None),
    "Associate Director, Clinical Operations": ("director", "Operations", None),
    "Sr. Director, Data & Analytics": ("director", "Data", None),
    "Finance Director": ("director", "Finance", None),
    "Head of Procurement": ("director", "Procurement", None),
    "Head of Legal": ("director", "Legal", None),
    "Global Head of Manufacturing": ("director", "Manufacturing", None),
    "Head, Quality Assurance": ("director", "Quality", None),
    "Head of IT Security": ("director", "Security", None),
    "Chief of Staff": ("director", None, None),
    "General Manager": ("director", None, None),
    "Plant Manager": ("director", "Manufacturing", None),
    "Treasurer": ("director", "Finance", None),
    "Assistant General Counsel": ("director", "Legal", None),
    # --- managers and leads ---
    "Manager": ("manager", None, None),
    "Operations Manager": ("manager", "Operations", None),
    "Manager, Product Management": ("manager", "Product", None),
    "Senior Manager Finance": ("manager", "Finance", None),
    "Engineering Manager": ("manager", "Engineering", None),
    "IT Manager": ("manager", "IT", None),
    "Purchasing Manager": ("manager", "Procurement", None),
    "Team Lead": ("manager", None, None),
    "Team Lead, Customer Support": ("manager", "Support", None),
    "Sales Lead": ("manager", "Sales", None),
    "Engineering Lead": ("manager", "Engineering", None),
    "Shift Supervisor": ("manager", None, None),
    "Financial Controller": ("manager", "Finance", None),
    "AVP, Risk": ("manager", "Compliance", None),
    "Assistant Vice President": ("manager", None, None),
    "Assistant Manager": ("manager", None, None),
    # --- individuals, some with a manager's word ---
    "Account Manager": ("individual", "Sales", None),
    "Key Account Manager": ("individual", "Sales", None),
    "Account Executive": ("individual", "Sales", None),
    "Product Manager": ("individual", "Product", None),
    "Senior Product Manager": ("individual", "Product", None),
    "Project Manager": ("individual", None, None),
    "Office Manager": ("individual", None, None),
    "Customer Success Manager": ("individual", "Customer Success", None),
    "Social Media Manager": ("individual", "Marketing", None),
    "Product Owner": ("individual", "Product", None),
    "HR Business Partner": ("individual", "Human Resources", None),
    "Lead Engineer": ("individual", "Engineering", None),
    "Lead Developer": ("individual", "Engineering", None),
    "Lead Generation Specialist": ("individual", None, None),
    "Software Engineer": ("individual", "Engineering", None),
    "Data Scientist": ("individual", "Data", None),
    "Business Analyst": ("individual", None, None),
    "Accountant": ("individual", "Finance", None),
    "Buyer": ("individual", "Procurement", None),
    "Sales Representative": ("individual", "Sales", None),
    "Salesforce Administrator": ("individual", "IT", None),
    "Legal Counsel": ("individual", "Legal", None),
    "Data Protection Officer": ("individual", "Compliance", None),
    "Compliance Officer": ("individual", "Compliance", None),
    "Security Officer": ("individual", "Security", None),
    "Operations Coordinator": ("individual", "Operations", None),
    "Marketing Intern": ("individual", "Marketing", None),
    "Security Analyst": ("individual", "Security", None),
    "Partner Account Manager": ("individual", "Sales", None),
    # --- somebody else's title ---
    "Executive Assistant": ("individual", None, "assistant"),
    "Executive Assistant to the CEO": ("individual", None, "assistant"),
    "Assistant to the VP Sales": ("individual", None, "assistant"),
    "EA to CFO": ("individual", None, "assistant"),
    "Administrative Assistant, Finance": ("individual", "Finance", "assistant"),
    "Chief of Staff to the CEO": ("director", None, None),
    "Advisor to the President": ("individual", None, None),
    "Analyst, Office of the CFO": ("individual", None, None),
    # --- the past ---
    "Former CFO": (None, None, "former"),
    "Ex-CEO": (None, None, "former"),
    "Director of Sales, formerly VP at Initech": ("director", "Sales", "former"),
    "CEO (retired)": (None, None, "former"),
    "Past President": (None, None, "former"),
    # --- boards ---
    "Board Member": (None, None, "board"),
    "Member of the Board of Directors": (None, None, "board"),
    "Non-Executive Director": (None, None, "board"),
    "Chairman of the Board": (None, None, "board"),
    "Independent Director": (None, None, "board"),
    "CEO and Board Member": ("c-level", "Executive", "board"),
    "Chairman & CEO": ("c-level", "Executive", "board"),
    # --- fractional ---
    "Fractional CFO": ("c-level", "Finance", "fractional"),
    "Part-time CMO": ("c-level", "Marketing", "fractional"),
    "Virtual CISO": ("c-level", "Security", "fractional"),
    # --- two titles at once ---
    "CFO & COO": ("c-level", "Finance", "dual"),
    "Founder & CTO": ("c-level", "Engineering", "dual"),
    "CEO / Founder": ("c-level", "Executive", "dual"),
    "Sales Manager & CTO": ("c-level", "Engineering", "dual"),
    "VP Sales and Marketing": ("vp", "Sales", None),
    "Head of Sales, Team Lead Marketing": ("director", "Sales", "dual"),
    # --- German ---
    "Geschäftsführer": ("c-level", "Executive", None),
    "Geschaeftsfuehrerin": ("c-level", "Executive", None),
    "Vorstand Finanzen": ("c-level", "Finance", None),
    "Leiter Einkauf": ("director", "Procurement", None),
    "Leiterin Personal": ("director", "Human Resources", None),
    "Leitung Buchhaltung": ("director", "Finance", None),
    "Vertriebsleiter": ("director", "Sales", None),
    "IT-Leiter": ("director", "IT", None),
    "Prokurist": ("director", None, None),
    "Teamleiter Logistik": ("manager", "Supply Chain", None),
    "Projektleiterin": ("individual", None, None),
    "Sachbearbeiter Einkauf": ("individual", "Procurement", None),
    "Assistentin der Geschäftsführung": ("individual", None, "assistant"),
    "Aufsichtsrat": (None, None, "board"),
    "Geschäftsführer a.D.": (None, None, "former"),
    "Datenschutzbeauftragter": (None, "Compliance", None),
    # --- French ---
    "PDG": ("c-level", "Executive", None),
    "Directeur Général": ("c-level", "Executive", None),
    "Directrice Générale Adjointe": ("vp", None, None),
    "Directeur des achats": ("director", "Procurement", None),
    "Directrice Marketing": ("director", "Marketing", None),
    "DSI": ("c-level", "IT", None),
    "DAF": ("c-level", "Finance", None),
    "Responsable informatique": ("manager", "IT", None),
    "Chef de service": ("manager", None, None),
    "Chef de projet": ("individual", None, None),
    "Ingénieur qualité": ("individual", "Engineering", None),
    "Assistante de direction": ("individual", None, "assistant"),
    "Ancien directeur commercial": (None, None, "former"),
    # --- Spanish ---
    "Director General": ("c-level", "Executive", None),
    "Consejera Delegada": ("c-level", "Executive", None),
    "Vicepresidente de Ventas": ("vp", "Sales", None),
    "Directora de Recursos Humanos": ("director", "Human Resources", None),
    "Director de Operaciones": ("director", "Operations", None),
    "Jefe de Compras": ("manager", "Procurement", None),
    "Gerente de Producción": ("manager", "Manufacturing", None),
    "Analista de Calidad": ("individual", "Quality", None),
    "Asistente de Dirección": ("individual", None, "assistant"),
    # --- Portuguese ---
    "Diretor Financeiro": ("director", "Finance", None),
    "Diretora Geral": ("c-level", "Executive", None),
    "Presidente": ("c-level", "Executive", None),
    "Gerente de Vendas": ("manager", "Sales", None),
    "Coordenador de Logística": ("individual", "Supply Chain", None),
    "Gerente de Projetos": ("individual", None, None),
    # --- nothing to read ---
    "Sales": (None, "Sales", None),
    "Rockstar": (None, None, None),
    "n/a": (None, None, None),
    "-": (None, None, None),
    "営業部長": (None, None, None),
}


@pytest.fixture(scope="module")
def readings() -> dict[str, Reading]:
    """Read all titles in one run."""
    contact = next(table for table in STAGED if table.name == "contact")
    place = contact.column_names().index("title")
    width = len(contact.columns)
    rows = [(*[None] * place, title, *[None] * (width - place - 1)) for title in CASES]
    with connect() as connection:
        create(connection, contact, rows)
        load(connection, titles.tables(RULES, PROFILE))
        execute(connection, "titles")
        found = connection.execute("SELECT title, level, function, note FROM title_reading").fetchall()
    return {title: (level, function, note) for title, level, function, note in found}


@pytest.mark.parametrize("title", CASES)
def test_a_title_is_read_as_a_person_would(title: str, readings: dict[str, Reading]) -> None:
    assert readings[title] == CASES[title]


def test_every_department_of_a_title_is_one_that_the_department_table_knows() -> None:
    assert set(RULES.titles.functions) <= set(RULES.departments.spellings)


def test_phrases_are_written_as_titles_are_compared() -> None:
    phrases = [phrase for phrase, _, _ in titles.phrases(RULES)]
    assert [phrase for phrase in phrases if not phrase.isascii() or phrase != " ".join(phrase.lower().split())] == []
