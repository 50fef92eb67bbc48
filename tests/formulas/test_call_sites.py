"""Call sites are put into formulas where they belong, and nowhere else."""

import pytest

from gridos.formulas.call_sites import around_sites, functions
from gridos.formulas.places import address, cell_at, range_at
from gridos.grid import MAX_COLUMNS, MAX_ROWS, CellRange, CellRef


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("=F()", "=F(@)"),
        ("=F( )", "=F( @)"),
        ("=F(1)", "=F(1,@)"),
        ("=f(1,2)+G(3)", "=f(1,2,@)+G(3,@)"),
        ("=F(G(1))", "=F(G(1,@),@)"),
        ("=F(,)", "=F(_,_,@)"),
        ("=F(1,,2)", "=F(1,_,2,@)"),
        ("=F({1,2;3,4})", "=F({1,2;3,4},@)"),
        ("=F((1+2))", "=F((1+2),@)"),
        ('="F(1)"&F("a,b)")', '="F(1)"&F("a,b)",@)'),
        ("=SUM(1,F(2),3)", "=SUM(1,F(2,@),3)"),
        ("=IF(TRUE,,F(1))", "=IF(TRUE,,F(1,@))"),
        ("=H(1)+SUM(F)", "=H(1)+SUM(F)"),
        ("='F(1) é'!A1+F('é'!A1)", "='F(1) é'!A1+F('é'!A1,@)"),
        ("=F(NOW())+F(1)", "=F(NOW(),-7)+F(1,@)"),
        ("=F(G(1+RAND()))", "=F(G(1+RAND(),-7),-7)"),
        ("=F(1", "=F(1"),
        ('=F("open', '=F("open'),
    ],
)
def test_where_sites_go(formula: str, expected: str) -> None:
    """Every plugin function gets its site last, a blank cell where an argument is left out, or a refusal."""
    site = expected.replace("@", "__calls!$A$7").replace("_,", "__calls!$B$1,")
    assert "7".join(around_sites(formula, {"F", "G"}.__contains__, lambda _: True)) == site


def test_functions_of_a_formula() -> None:
    """Names come upper-case, in order, without a file format's prefix; text in quotes calls nothing."""
    assert functions('=if(A1,_xlfn.xlookup(1,2,3),"F(1)")&f.dist(1)') == ["IF", "XLOOKUP", "F.DIST"]


@pytest.mark.parametrize("sheet", ["Sheet1", "My sheet", "it's", "é!", "1"])
def test_addresses_survive_the_engines_notation(sheet: str) -> None:
    """A cell written for the engine and read back is the same cell."""
    place = CellRef(sheet, 12, 28)
    assert cell_at(address(place)) == place
    assert range_at(address(place)) == CellRange(sheet, 12, 28, 12, 28)


def test_ranges_of_the_engine() -> None:
    """Open ranges reach to the sheet's end; one that lies beyond it counts as the whole sheet."""
    assert range_at("S!B:C") == CellRange("S", 1, 2, MAX_ROWS, 3)
    assert range_at("'a b'!$A$1:B2") == CellRange("a b", 1, 1, 2, 2)
    assert range_at("S!A1:XFD1048576") == CellRange("S", 1, 1, MAX_ROWS, MAX_COLUMNS)
