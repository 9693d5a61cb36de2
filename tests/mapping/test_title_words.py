"""How the text of a title becomes words, and how the words of a title find those of the rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.title_text import JOINTS, plain, tokens
from mapping.title_words import OCCUPATION, Misspelt, Phrases, Span, Words
from tests.mapping.world import RULES

WORDS = Words(RULES.titles)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Geschäftsführerin", "geschaftsfuhrerin"),
        ("DIRECCIÓN", "direccion"),
        ("Søren", "soren"),
        ("Großkunden", "grosskunden"),
        ("Œuvre", "oeuvre"),
        ("\uff23\uff25\uff2f", "ceo"),
        ("LeiterIn", "leiter"),
        ("LeiterInnen", "leiter"),
        ("İstanbul", "istanbul"),
        ("\U0001d5d6\U0001d5d8\U0001d5e2", "ceo"),
    ],
)
def test_text_is_compared_in_lower_case_without_accents(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("VP, Sales", ["vp", ",", "sales"]),
        ("C.E.O.", ["ceo"]),
        ("V. P. Finance", ["vp", "finance"]),
        ("A/P Clerk", ["ap", "clerk"]),
        ("CFO / COO", ["cfo", "/", "coo"]),
        ("Sales and Marketing", ["sales", "&", "marketing"]),
        ("Vertrieb und Einkauf", ["vertrieb", "&", "einkauf"]),
        ("Ventas y Compras", ["ventas", "&", "compras"]),
        ("CEO | Dad • Speaker", ["ceo", "|", "dad", "|", "speaker"]),
        ("CEO - Initech", ["ceo", "-", "initech"]),
        ("CEO \u2013 Initech", ["ceo", "-", "initech"]),
        ("Co-Founder", ["co", "founder"]),
        ("Chef d'équipe", ["chef", "d", "equipe"]),
        ("President\u2019s Club", ["president", "s", "club"]),
        ("Leiter/in", ["leiter"]),
        ("Leiter/-in Einkauf", ["leiter", "einkauf"]),
        ("Leiter*innen", ["leiter"]),
        ("Directeur·rice", ["directeur"]),
        ("Directeur(trice)", ["directeur"]),
        ("Diretor(a) Geral", ["diretor", "geral"]),
        ("Chargé(e) de", ["charge", "de"]),
        ("Leiter (m/w/d)", ["leiter"]),
        ("Responsable H/F", ["responsable"]),
        ("Sales &amp; Marketing", ["sales", "&", "marketing"]),
        ("VP (EMEA)", ["vp", "(", "emea", ")"]),
        ("🚀", []),
        ("営業部長", []),
        ("", []),
    ],
)
def test_a_title_is_parted_into_words_and_joints(text: str, expected: list[str]) -> None:
    assert tokens(text, {}) == expected


def test_spellings_made_of_signs_are_read_as_the_rules_say() -> None:
    written = {"r&d": " research ", "r&d+i": " innovation "}
    assert tokens("Head of R&D", written) == ["head", "of", "research"]
    assert tokens("R&D+i", written) == ["innovation"]
    assert tokens("HR&D", written) == ["hr", "&", "d"]


@given(st.text())
def test_tokens_are_words_of_letters_and_digits_or_joints(text: str) -> None:
    assert [
        word for word in tokens(text, RULES.titles.written) if word not in JOINTS | {"@"} and not word.isalnum()
    ] == []


@given(st.text())
def test_what_is_comparable_stays_as_it_is(text: str) -> None:
    words = " ".join(word for word in tokens(text, {}) if word.isalnum() and len(word) > 1)
    assert " ".join(tokens(words, {})) == words or "&" in tokens(words, {})


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        # as the rules have it
        ("director", "director"),
        ("manager", "manager"),
        # feminine
        ("leiterin", "leiter"),
        ("arztin", "arzt"),
        ("gerenta", "gerente"),
        ("jefa", "jefe"),
        ("directora", "director"),
        ("ingeniera", "ingeniero"),
        ("abogada", "abogado"),
        ("directrice", "directeur"),
        ("vendeuse", "vendeur"),
        ("technicienne", "technicien"),
        ("conseillere", "conseiller"),
        ("cheffe", "chef"),
        ("alcaldesa", "alcalde"),
        # typed without umlauts
        ("geschaeftsfuehrer", "geschaftsfuhrer"),
        ("verkaeufer", "verkaufer"),
        # compounds
        ("logistikleiterin", "logistik leiter"),
        ("entwicklungsleiter", "entwicklung leiter"),
        ("personalreferentin", "personal referent"),
        ("finanzbuchhalter", "finanz buchhalter"),
        ("salesmanager", "sales manager"),
        ("chefbuchhalter", "chief buchhalter"),
        ("schulbegleiter", "schul begleiter"),
        ("independiente", "independiente"),
        # typed short
        ("acct", "account"),
        ("ltr", "leiter"),
        ("mgr", "manager"),
        ("presidente", "president"),
        # of the past, in one word
        ("exdirectora", "ex director"),
        ("expert", "expert"),
        ("executive", "executive"),
        # misspelt
        ("geschafstfuhrer", "geschaftsfuhrer"),
        ("manger", "manager"),
        ("direcotr", "director"),
        ("presidant", "president"),
        ("enginneer", "engineer"),
        ("finacial", "financial"),
        # only look misspelt
        ("directory", "directory"),
        ("directive", "directive"),
        ("thief", "thief"),
        # named by what they do
        ("radiologist", OCCUPATION),
        ("beekeeper", OCCUPATION),
        ("torneiro", "torneiro"),
        ("marceneiro", OCCUPATION),
        # not known
        ("ninja", "ninja"),
        ("emea", "emea"),
        ("b2b", "b2b"),
    ],
)
def test_a_word_is_brought_to_the_form_that_the_rules_know(word: str, expected: str) -> None:
    assert " ".join(WORDS.known(word)) == expected


@pytest.mark.parametrize(
    ("word", "may"),
    [
        ("showrunner", True),
        ("ambulancier", True),
        ("customer", False),
        ("center", False),
        ("manager", False),
        ("ninja", False),
        ("b2ber", False),
        ("user", False),
    ],
)
def test_an_unknown_word_may_name_somebody_by_its_ending(word: str, *, may: bool) -> None:
    assert WORDS.may_be_occupation(word) == may


@pytest.mark.parametrize("text", ["n/a", "N.A.", "-", "unknown", "Unbekannt", "keine Angabe", "none", "  ", "Mr."])
def test_what_people_type_instead_of_a_title_has_no_words(text: str) -> None:
    assert WORDS.row(text) == []


def test_the_longest_phrase_counts_and_every_word_once() -> None:
    phrases = Phrases(
        [(("vice", "president"), "vp"), (("president",), "c-level"), (("vice",), "deputy"), (("vp",), "vp")]
    )
    assert phrases.find(["vice", "president", "president", "vice"]) == [
        Span(0, 2, "vice president", "vp"),
        Span(2, 3, "president", "c-level"),
        Span(3, 4, "vice", "deputy"),
    ]
    assert phrases.find([]) == []
    assert sorted(set(phrases.words())) == ["president", "vice", "vp"]


def test_of_two_meanings_of_a_phrase_the_later_counts() -> None:
    assert Phrases([(("lead",), "manager"), (("lead",), "director")]).find(["lead"]) == [Span(0, 1, "lead", "director")]


MISTAKES = st.sampled_from(["manager", "director", "accountant", "specialist"])


@given(MISTAKES, st.data())
def test_one_mistake_in_a_long_word_is_found(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(1, len(word) - 2))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    typed = data.draw(
        st.sampled_from(
            [
                word[:place] + word[place + 1 :],
                word[:place] + letter + word[place:],
                word[:place] + letter + word[place + 1 :],
                word[:place] + word[place + 1] + word[place] + word[place + 2 :],
            ]
        )
    )
    assert Misspelt([word], []).meant(typed) == word


@given(MISTAKES)
def test_another_first_letter_is_another_word(word: str) -> None:
    assert Misspelt([word], []).meant("x" + word[1:]) is None


@pytest.mark.parametrize("word", ["mngr", "dire", "rotcerid", "directional", "conductor"])
def test_more_than_one_mistake_is_another_word(word: str) -> None:
    assert Misspelt(["director", "manager"], []).meant(word) is None


def test_a_word_that_is_never_a_mistake_is_left_alone() -> None:
    assert Misspelt(["director"], []).meant("directors") == "director"
    assert Misspelt(["director"], ["directors"]).meant("directors") is None


@pytest.mark.parametrize("name", ["misspelt", "tails", "endings", "weak_endings", "no_occupations"])
def test_words_of_the_rules_are_written_as_they_are_compared(name: str) -> None:
    assert [word for word in getattr(RULES.titles, name) if plain(word) != word or not word.isalpha()] == []


@pytest.mark.parametrize("name", ["things", "thing_ranks", "bodies", "function_last", "whole_company", "servants"])
def test_no_list_of_the_rules_takes_in_every_unknown_occupation(name: str) -> None:
    assert OCCUPATION not in WORDS.lists[name]
