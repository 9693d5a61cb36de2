"""The words that invented people, companies and conversations are made of; order matters, since draws count in it."""

from collections.abc import Mapping


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(text.split(";"))


WORDS: Mapping[str, tuple[str, ...]] = {
    "first_names": _words(
        "Ada Adrian Aisha Alba Albert Alice Alma Amara Amir Ana Andre Anika Anton Arden Arjun Asher Astrid "
        "Aurora Ava Ayla Basil Beata Ben Bianca Björn Bo Bruno Caleb Camila Cara Carlos Cato Celia Chen "
        "Chloe Clara Colin Cora Dana Daria Dario David Delia Demir Diego Dina Dora Dylan Edda Edgar Elena "
        "Eli Elif Ella Elsa Emil Emma Enzo Erik Esme Esther Ethan Eva Fadi Farah Felix Fiona Flora Franz "
        "Freya Gael Gemma George Gia Gina Greta Gus Hana Hanna Harvey Hassan Heidi Helen Henri Hugo Ida Ilya "
        "Imani Ines Ingrid Ira Iris Isaac Ivan Ivy Jack Jade Jamal Jana Jasper Jaya Joan Joel Jonas Jorge "
        "Josie Juan Jude Julia June Kai Kara Karim Karl Kate Keiko Kemal Kiran Klara Kofi Kurt Laila Lara "
        "Lars Laura Leah Leif Lena Leo Levi Lina Liv Logan Lola Luca Lucia Luis Luna Maja Malik Mara Marc "
        "Maria Marta Mateo Maya Mei Mia Mikael Mila Milan Mina Mira Mona Nadia Naomi Nico Nils Nina Noah "
        "Noor Nora Olaf Olga Oliver Omar Orla Oscar Otto Pablo Paula Paul Pavel Petra Pia Priya Quinn Rafi "
        "Rania Raul Rhea Rita Rohan Rosa Ruben Rui Ruth Sade Sam Sana Sara Saul Selma Seth Signe Silas Sina "
        "Sofia Sol Stella Sven Tara Tariq Tess Theo Thora Tilda Tim Tomas Toni Uma Ursula Vera Victor Vida "
        "Viola Walt Wanda Wendy Willa Xenia Yara Yasmin Yuki Yusuf Zara Zeno Zoë"
    ),
    "name_heads": _words(
        "Alder Amber Ash Bay Beech Berg Birch Black Blom Bright Brook Brun Cald Carl Cedar Clay Cole Corn "
        "Crane Dahl Dale Dark East Eben Edel Elder Elm Fair Falk Fern Field Finch Fjell Frost Gold Gran Gray "
        "Green Hag Hall Hart Hav Hawk Hazel Heath High Holm Horn Ivar Kalt Kest Kirk Lang Lark Lind Long "
        "Lund Mar Mead Mill Moor Nord North Oak Ost Park Pine Quill Raven Reed Ridge Rose Sand Sax Silver "
        "Sol South Star Sten Stone Storm Strand Sund Swan Thorn Vale Var Vest Wald Ward West White Wild Wind "
        "Wolf Wood Yar"
    ),
    "name_tails": _words(
        "berg beck borg bourne bridge brook bury by croft dal dale den field ford gate grave grove gren ham "
        "hart hauser hill holm hurst karl kin land ley lin lund man mann mark mere moor mont more nes quist "
        "ridge rop sen shaw sholt son stad stein stone strom sund thal ton vik wall water well wick win wood "
        "worth"
    ),
    "firm_names": _words(
        "Acorn Agate Alpine Anchor Apex Arbor Argent Atlas Aurora Avalon Azure Badger Basalt Beacon Birch "
        "Bison Blue Bolt Boreal Bramble Bright Canyon Cascade Cedar Cinder Citrus Cobalt Comet Copper Coral "
        "Crane Crest Crimson Delta Drift Dune Ember Falcon Fathom Fern Flint Fox Gale Garnet Glacier Granite "
        "Grove Harbor Hazel Heron Horizon Indigo Iron Ivory Jade Juniper Kestrel Keystone Lantern Larch Lark "
        "Laurel Linden Lumen Lynx Magnet Maple Marble Meadow Meridian Mesa Mica Mint Mistral Nimbus North "
        "Nova Oak Ochre Onyx Opal Orchard Osprey Otter Pebble Pike Pine Pioneer Plover Prism Quarry Quartz "
        "Raven Reed Ridge River Robin Rowan Ruby Saffron Sage Sable Sierra Silver Slate Solstice Sparrow "
        "Spruce Summit Swift Tangent Teal Tern Thistle Tidal Timber Topaz Umber Vale Vector Verdant Vista "
        "Walnut Willow Wren Zenith Zephyr"
    ),
    "trades": _words(
        "Agri Air Analytics Apparel Assurance Audio Automotive Aviation Bakery Bank Biotech Books Brands "
        "Building Capital Care Carbon Cargo Ceramics Chemical Clinics Cloud Coatings Coffee Components "
        "Consulting Controls Credit Dairy Data Dental Design Devices Diagnostics Digital Drives Dynamics "
        "Education Electric Energy Engineering Equipment Fabrics Farms Finance Fleet Foods Forest Freight "
        "Furniture Games Gas Glass Goods Grain Health Holdings Home Hotels Housing Hydro Imaging Industries "
        "Insurance Interiors Irrigation Kitchen Labs Learning Leasing Legal Lighting Logistics Lumber "
        "Machines Marine Markets Materials Media Medical Metals Mills Mobility Motors Networks Nutrition "
        "Optics Outdoor Packaging Paper Parts Payments Pharma Photonics Pipelines Plastics Power Precision "
        "Press Print Process Produce Properties Pumps Rail Realty Recycling Resources Retail Robotics Rubber "
        "Safety Seafood Security Seeds Semiconductor Services Shipping Signal Software Solar Sports Staffing "
        "Steel Storage Supply Systems Talent Telecom Textiles Timber Tools Toys Trading Transit Travel "
        "Turbines Utilities Water Wind Works"
    ),
    "firm_ends": _words(
        "AG Co Collective Company Corp Group Holding Inc International Limited LLC Ltd Partners SA Union"
    ),
    "departments": _phrases(
        "Finance;Operations;IT;Human Resources;Marketing;Sales;Procurement;Legal;Customer Service;"
        "Engineering;Product;Logistics;Quality;Data;Security;Facilities"
    ),
    "levels": _phrases(
        "Chief % Officer;VP of %;VP %;Head of %;Head of %;Director of %;Director of %;Senior % Manager;"
        "% Manager;% Manager;% Manager;% Lead;Senior % Specialist;% Specialist;% Specialist;% Analyst;"
        "% Analyst;% Coordinator;% Associate;% Assistant"
    ),
    "cities": _phrases(
        "Ambleford;Brightwater;Castellan;Dunmere;Eastholm;Fairhaven;Glenbrook;Harrowgate;Innisport;Jorvale;"
        "Kingsmere;Lakeridge;Millbrook;Northwick;Oakhurst;Port Selma;Queensferry;Ravensholm;Stonebridge;"
        "Tarnfield;Upper Wold;Vesterby;Westmarch;Yarrowdale"
    ),
    "countries": _phrases("United States;United States;United States;United Kingdom;Germany;Sweden;Canada;Netherlands"),
    "industries": _phrases(
        "Banking;Biotechnology;Chemicals;Construction;Consulting;Education;Electronics;Energy;Engineering;"
        "Finance;Food & Beverage;Healthcare;Insurance;Machinery;Manufacturing;Retail;Shipping;Technology;"
        "Telecommunications;Utilities"
    ),
    "industry_codes": _words(
        "BANKING BIOTECHNOLOGY CHEMICALS CONSTRUCTION MANAGEMENT_CONSULTING HIGHER_EDUCATION SEMICONDUCTORS "
        "OIL_ENERGY INDUSTRIAL_AUTOMATION FINANCIAL_SERVICES FOOD_BEVERAGES HOSPITAL_HEALTH_CARE INSURANCE "
        "MACHINERY CONSUMER_GOODS RETAIL LOGISTICS_AND_SUPPLY_CHAIN COMPUTER_SOFTWARE TELECOMMUNICATIONS "
        "UTILITIES"
    ),
    "topics": _phrases(
        "Renewal;Onboarding;Quarterly review;Security questions;Pricing;Rollout plan;Training;Support case;"
        "Roadmap;Contract terms;Integration;Usage report;Reference call;Budget;Migration;Pilot results;"
        "Invoice;Data export;Success plan;New stakeholders;Adoption;Escalation;Workshop;Year-end planning"
    ),
    "remarks": _phrases(
        "Talked about next steps and who needs to sign.;Wants numbers before the board meets.;"
        "Happy with the rollout so far.\nAsks for a second training.;Left a message.;"
        'Said: "we need this before the quarter ends".;'
        "Concerned about the price, alternatives are being looked at.;"
        "Introduced a colleague who will take over.;Will bring the question to their manager.;"
        "No open points.;Agreed on a date for the workshop.;Asked for the security papers (again).;"
        "Usage went up in two teams."
    ),
}
"""By the name that the SQL files beside this module know each list under."""
