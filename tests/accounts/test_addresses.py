"""Addresses as people type them: repaired where it is clear what is meant, refused by field where not."""

import pytest

from apps.accounts.errors import InvalidAddress
from apps.accounts.rules import normalise_address
from apps.core.types import Address

# Country, postcode, region and town as typed; postcode and region in the country's form.
REPAIRED = [
    ("GB", "sw1a1aa", "", "London", "SW1A 1AA", ""),
    ("GB", "bs14db", "", "Bristol", "BS1 4DB", ""),
    ("GB", " m2  5bq ", "", "Manchester", "M2 5BQ", ""),
    ("GB", "EC1A-1HQ", "", "London", "EC1A 1HQ", ""),
    ("GB", "GB-CR0 2YR", "", "Croydon", "CR0 2YR", ""),
    ("GB", "ｓｗ１ａ　１ａａ", "", "London", "SW1A 1AA", ""),
    ("GB", "gir0aa", "", "Bootle", "GIR 0AA", ""),
    ("GB", "bfpo57", "", "BFPO", "BFPO 57", ""),
    ("GB", "SA10 6DS", "West Glamorgan", "Neath", "SA10 6DS", "West Glamorgan"),
    ("IM", "im21aa", "", "Douglas", "IM2 1AA", ""),
    ("JE", "je11aa", "", "St Helier", "JE1 1AA", ""),
    ("GG", "gy1 1aa", "", "St Peter Port", "GY1 1AA", ""),
    ("NL", "1012ab", "", "Amsterdam", "1012 AB", ""),
    ("NL", "1012 js", "", "Amsterdam", "1012 JS", ""),
    ("NL", "NL-1012 JS", "", "Amsterdam", "1012 JS", ""),
    ("IE", "d02 af30", "Co. Dublin", "Dublin", "D02 AF30", "Co. Dublin"),
    ("IE", "D02AF30", "Dublin", "Dublin", "D02 AF30", "Co. Dublin"),
    ("IE", "a65f4e2", "County Meath", "Trim", "A65 F4E2", "Co. Meath"),
    ("IE", "", "CO. CORK", "Cork", "", "Co. Cork"),
    ("IE", "", "KY", "Tralee", "", "Co. Kerry"),
    ("PT", "1100148", "", "Lisboa", "1100-148", ""),
    ("PT", "1100 148", "", "Lisboa", "1100-148", ""),
    ("PT", "P-9000-018", "", "Funchal", "9000-018", ""),
    ("PL", "00001", "", "Warszawa", "00-001", ""),
    ("PL", "00 950", "", "Warszawa", "00-950", ""),
    ("PL", "PL-00-950", "", "Warszawa", "00-950", ""),
    ("DE", "D-70173", "", "Stuttgart", "70173", ""),
    ("DE", "DE 70173", "", "Stuttgart", "70173", ""),
    ("DE", "７０１７３", "", "Stuttgart", "70173", ""),
    ("DE", "26133", "Niedersachsen", "Oldenburg", "26133", "Niedersachsen"),
    ("AT", "A-1010", "", "Wien", "1010", ""),
    ("CH", "CH-8001", "", "Zürich", "8001", ""),
    ("LI", "FL-9490", "", "Vaduz", "9490", ""),
    ("LU", "L-1234", "", "Luxembourg", "1234", ""),
    ("BE", "B-1000", "", "Bruxelles", "1000", ""),
    ("FR", "F-75001", "", "Paris", "75001", ""),
    ("FR", "75 001", "", "Paris", "75001", ""),
    ("MC", "MC-98000", "", "Monaco", "98000", ""),
    ("ES", "28001", "Madrid", "Madrid", "28001", "M"),
    ("ES", "28001", "Comunidad de Madrid", "Madrid", "28001", "M"),
    ("ES", "e-08001", "BARCELONA", "Barcelona", "08001", "B"),
    ("ES", "15001", "A Coruña", "A Coruña", "15001", "C"),
    ("ES", "35001", "las palmas", "Las Palmas de Gran Canaria", "35001", "GC"),
    ("ES", "01001", "Alava", "Vitoria", "01001", "VI"),
    ("IT", "I-00144", "Roma", "Roma", "00144", "RM"),
    ("IT", "00144", "provincia di Roma", "Roma", "00144", "RM"),
    ("IT", "IT-20121", "mi", "Milano", "20121", "MI"),
    ("SE", "SE-11455", "", "Stockholm", "114 55", ""),
    ("SE", "s-114 55", "", "Stockholm", "114 55", ""),
    ("FI", "FIN-00100", "", "Helsinki", "00100", ""),
    ("AX", "AX-22100", "", "Mariehamn", "22100", ""),
    ("NO", "N-0150", "", "Oslo", "0150", ""),
    ("DK", "DK-1566", "", "København", "1566", ""),
    ("CZ", "10000", "", "Praha", "100 00", ""),
    ("CZ", "CZ-110 00", "", "Praha", "110 00", ""),
    ("SK", "01001", "", "Žilina", "010 01", ""),
    ("GR", "15124", "", "Athina", "151 24", ""),
    ("HU", "H-1037", "", "Budapest", "1037", ""),
    ("RO", "RO 060274", "", "Bucuresti", "060274", ""),
    ("LV", "1073", "", "Riga", "LV-1073", ""),
    ("LV", "lv 1073", "", "Riga", "LV-1073", ""),
    ("LT", "LT-01100", "", "Vilnius", "01100", ""),
    ("EE", "EE-10111", "", "Tallinn", "10111", ""),
    ("MT", "vlt1117", "", "Valletta", "VLT 1117", ""),
    ("US", "94016", "california", "San Francisco", "94016", "CA"),
    ("US", "941031234", "CA", "San Francisco", "94103-1234", "CA"),
    ("US", "10004", "New York State", "New York", "10004", "NY"),
    ("US", "us 10004", "ny", "New York", "10004", "NY"),
    ("US", "10004", "Newyork", "New York", "10004", "NY"),
    ("CA", "h3z2y7", "Quebec", "Montreal", "H3Z 2Y7", "QC"),
    ("CA", "K1A-0B1", "on", "Ottawa", "K1A 0B1", "ON"),
    ("BR", "01310100", "Sao Paulo", "sao paulo", "01310-100", "SP"),
    ("BR", "40301-110", "Estado da Bahia", "Salvador", "40301-110", None),
    ("JP", "１００－０００１", "Tokyo", "Chiyoda", "100-0001", "東京都"),
    ("JP", "〒1000001", "東京都", "千代田区", "100-0001", "東京都"),
    ("JP", "100 0001", "Tokyo-to", "Chiyoda", "100-0001", "東京都"),
    ("KR", "０３０５１", "Seoul", "Jongno-gu", "03051", "서울특별시"),
    ("AU", "2060", "New South Wales", "Sydney", "2060", "NSW"),
    ("IN", "110 001", "delhi", "New Delhi", "110001", "Delhi"),
    ("MX", "06082", "Ciudad de Mexico", "Cuauhtémoc", "06082", "CDMX"),
    ("TR", "TR-34010", "Istanbul", "Fatih", "34010", "İstanbul"),
    ("EG", "١١٥١١", "Cairo", "Cairo", "11511", None),
]
# The same, and the fields that are refused.
REFUSED = [
    ("GB", "37073", "", "London", {"postcode"}),
    ("GB", "SW1A 1A", "", "London", {"postcode"}),
    ("GB", "QQ1A 1AA", "", "London", {"postcode"}),
    ("GB", "", "", "London", {"postcode"}),
    ("NL", "0123 AB", "", "Amsterdam", {"postcode"}),
    ("NL", "1012 SA", "", "Amsterdam", {"postcode"}),
    ("IE", "D02 AF3", "Dublin", "Dublin", {"postcode"}),
    ("IE", "", "Ulster", "Dublin", {"region"}),
    ("PT", "1100-14", "", "Lisboa", {"postcode"}),
    ("PL", "0-001", "", "Warszawa", {"postcode"}),
    ("DE", "A-70173", "", "Stuttgart", {"postcode"}),
    ("DE", "7017", "", "Stuttgart", {"postcode"}),
    ("AT", "D-1010", "", "Wien", {"postcode"}),
    ("ES", "28001", "", "Madrid", {"region"}),
    ("ES", "28001", "Barcelona", "Madrid", {"postcode"}),
    ("IT", "00144", "Latium", "Roma", {"region"}),
    ("SE", "1145", "", "Stockholm", {"postcode"}),
    ("US", "10004", "Bavaria", "New York", {"region"}),
    ("US", "10004", "CA", "New York", {"postcode"}),
    ("US", "1000", "", "", {"postcode", "region", "city"}),
    ("CA", "D1A 0B1", "ON", "Ottawa", {"postcode"}),
    ("BR", "0131010", "SP", "São Paulo", {"postcode"}),
    ("JP", "100-001", "Tokyo", "Chiyoda", {"postcode"}),
    ("KR", "135-110", "Seoul", "Jongno-gu", {"postcode"}),
    ("LV", "LT-1073", "", "Riga", {"postcode"}),
]
TEXTS = ("name", "company", "line1", "line2", "city", "region", "postcode", "phone")


def address_of(country: str, postcode: str, region: str, city: str, **more: str) -> Address:
    fields = {"name": "Ada Byron", "line1": "1 Long Lane", **more}
    return Address(
        **{"postcode": postcode, "region": region, "city": city, **fields}, country=country
    )


def refusal_of(address: Address) -> dict[str, dict[str, str]]:
    with pytest.raises(InvalidAddress) as refusal:
        normalise_address(address)
    return refusal.value.details


class TestAnAddressAsTyped:
    @pytest.mark.parametrize(
        ("country", "postcode", "region", "city", "kept", "kept_region"), REPAIRED
    )
    def test_is_kept_in_the_countrys_form(
        self,
        country: str,
        postcode: str,
        region: str,
        city: str,
        kept: str,
        kept_region: str | None,
    ) -> None:
        normal = normalise_address(address_of(country, postcode, region, city))

        assert normal.postcode == kept
        assert kept_region in {normal.region, None}
        assert normal.city
        assert normalise_address(normal) == normal

    @pytest.mark.parametrize(("country", "postcode", "region", "city", "fields"), REFUSED)
    def test_is_refused_by_field(
        self, country: str, postcode: str, region: str, city: str, fields: set[str]
    ) -> None:
        details = refusal_of(address_of(country, postcode, region, city))

        assert details["errors"].keys() == fields
        assert details["expected"].keys() == fields & {"postcode", "region"}

    def test_that_is_refused_says_what_is_expected(self) -> None:
        details = refusal_of(address_of("NL", "1012", "", "Amsterdam"))

        assert details["expected"] == {"postcode": "1234 AB"}

    def test_of_sixty_and_more_from_fifteen_countries_and_more(self) -> None:
        tried = [*REPAIRED, *REFUSED]

        assert len(tried) >= 60 + 45
        assert len({one[0] for one in tried}) >= 15


class TestTextsThatArePassedOn:
    @pytest.mark.parametrize("field", TEXTS)
    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("Ada\nUnlock it here", "line breaks"),
            ("Ada\r\nBcc: all", "line breaks"),
            ("Ada\tByron", "line breaks"),
            ("Ada\x07", "line breaks"),
            ("Ada\u2028Byron", "line breaks"),
            ("Ada \u202eexe.yb", "line breaks"),
            ("see https://evil.example/unlock", "web addresses"),
            ("see HTTPS：//evil.example", "web addresses"),
            ("WWW.evil.example", "web addresses"),
        ],
    )
    def test_hold_no_control_characters_and_no_links(
        self, field: str, text: str, complaint: str
    ) -> None:
        fields = {"postcode": "SW1Y 4JH", "region": "", "city": "London", "country": "GB"}

        details = refusal_of(address_of(**{**fields, field: f"x {text} x"}))

        assert complaint in details["errors"][field]

    @pytest.mark.parametrize(
        "name",
        [
            "O’Neill-Šťastný, Jr.",
            "王小明",
            "محمد عبد الله",
            "می‌خواهم",
            "Ada & Co. (UK)",
            "山田　太郎",
        ],
    )
    def test_are_in_any_script(self, name: str) -> None:
        address = address_of("GB", "SW1Y 4JH", "", "London", name=name, company=name)

        assert normalise_address(address).name == name
