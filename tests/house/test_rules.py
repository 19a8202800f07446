"""House rules that no linter knows: sizes, names, docstrings, what a start may import, what the repository may hold."""

import ast
import re
import sys

import pytest

from tests.house.sources import ROOT, files, tracked

LINES, FUNCTION = 400, 60
FORBIDDEN_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|misc|manager|service)s?$")
HEAVY = (
    "pandas",
    "numpy",
    "ccxt",
    "langchain",
    "openai",
    "telegram",
    "discord",
    "alpaca",
    "matplotlib",
    "sqlalchemy",
    "exchange_calendars",
)


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_one_noun_of_at_most_400_lines_and_its_functions_of_60(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LINES
    assert not FORBIDDEN_NAMES.search(path.stem)
    tree = ast.parse(text)
    if path.stem != "__init__" or text:
        assert ast.get_docstring(tree), "the first line says what the module is for"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            assert size <= FUNCTION, f"{node.name} has {size} lines"


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_test_file_has_at_most_400_lines(path):
    assert path.read_text(encoding="utf-8").count("\n") <= LINES


LOADED_BY_NAME = {ROOT / "copilot" / "agent.py"}
"""Modules that wiring imports at the first use of what they are for."""


def test_domain_imports_the_standard_library_alone():
    for path in (ROOT / "domain").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names.append(node.module)
            for name in names:
                top = name.split(".")[0]
                assert top == "domain" or top in sys.stdlib_module_names, f"{path.name} imports {name}"


def test_no_command_file_or_copilot_file_imports_a_heavy_library_at_the_top():
    for room in ("commands", "copilot", "market", "trading", "domain"):
        for path in (ROOT / room).rglob("*.py"):
            if path in LOADED_BY_NAME or path.parent == ROOT / "copilot" / "models":
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in tree.body:
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module:
                    names.append(node.module)
                assert not {n.split(".")[0] for n in names} & set(HEAVY), f"{path} imports {names}"


def test_every_port_has_at_most_six_methods():
    tree = ast.parse((ROOT / "domain" / "ports.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(getattr(b, "id", "") == "Protocol" for b in node.bases):
            methods = [n for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and not n.decorator_list]
            assert len(methods) <= 6, node.name


def test_the_lock_names_versions_and_hashes_and_no_address():
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert {lock.name for lock in locks} == {"core.txt", "run.txt", "test.txt"}
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text
        for line in text.splitlines():
            assert re.match(r"^(#|\s+--hash=|[A-Za-z0-9][A-Za-z0-9._-]*(\[[a-z, -]+\])?==)", line) or not line.strip(), line


def test_the_repository_speaks_of_itself_only():
    machine = re.compile(r"/" + r"work/|/" + r"root/|\.librar" + "y/|pypi\\." + "org|files\\.python" + "hosted")
    for path in tracked():
        if path.suffix in {".py", ".md", ".toml", ".txt", ".example", ""} and path.is_file():
            found = machine.search(path.read_text(encoding="utf-8", errors="replace"))
            assert found is None, f"{path.relative_to(ROOT)}: {found.group()}"


def test_no_two_parts_of_the_core_remember_under_one_name():
    kept = [
        (match[2], path.name)
        for path in sorted((ROOT / "trading").rglob("*.py"))
        for match in re.finditer(r'^(PART|MARKS) = "(\w+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert len(kept) > 5
    assert len({name for name, _ in kept}) == len(kept), sorted(kept)
