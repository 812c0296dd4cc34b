"""How a list of translations is read and written."""

import pytest

from apps.translations.errors import NoTranslations
from apps.translations.rules import COLUMNS, read_rows, write_rows
from apps.translations.types import Progress, TextRow

SOAP = TextRow(
    kind="catalog.product",
    key="soap",
    field="description",
    language="de",
    source='A "soft" soap;\nit cleans, too.',
    text="Eine weiche Seife.",
)
HEAD = "kind,key,field,language,source,text"


def test_a_list_that_was_written_is_read_as_it_was() -> None:
    bare = TextRow(kind="a", key="b/c", field="d", language="pt-br", source="e", text="")

    file = "".join(write_rows([SOAP, bare]))

    assert file.startswith(f"\ufeff{HEAD}\r\n")
    assert read_rows(file.encode()) == [SOAP, bare]


@pytest.mark.parametrize(
    "content",
    [
        f"{HEAD}\na,b,c,de,x, Seife \n",
        f"\ufeff{HEAD.replace(',', ';')}\r\na;b;c;de;x;Seife\r\n",
        f"note,{HEAD}\nlook,a,b,c,de,x,Seife\n",
        "text,source,language,field,key,kind\nSeife,x,de,c,b,a\n",
        f"{HEAD}\na,b,c,de,x,Seife,one more\n",
    ],
)
def test_a_list_may_come_back_from_any_spreadsheet(content: str) -> None:
    assert read_rows(content.encode()) == [
        TextRow(kind="a", key="b", field="c", language="de", source="x", text="Seife")
    ]


def test_a_list_with_commas_may_have_semicolons_and_line_breaks_in_its_texts() -> None:
    (row,) = read_rows(f'{HEAD}\na,b,c,de,"x;\r\ny;z","1;2;3;4;5;6;7"\n'.encode())

    assert (row.source, row.text) == ("x;\r\ny;z", "1;2;3;4;5;6;7")


def test_a_line_that_ends_early_lacks_its_last_texts() -> None:
    (row,) = read_rows(f"{HEAD}\na,b,c,de,x\n".encode())

    assert row.text == ""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"kind,key\na,b\n",
        HEAD.encode(),
        f'{HEAD}\n"a'.encode(),
        f"{HEAD}\n\xfc".encode("latin-1"),
    ],
)
def test_what_is_no_list_is_refused_with_what_it_lacks(content: bytes) -> None:
    with pytest.raises(NoTranslations) as refused:
        read_rows(content)

    assert refused.value.details["columns"] == COLUMNS


def test_what_is_missing_is_what_is_not_translated() -> None:
    assert Progress(language="de", translated=3, whole=10).missing == 7
