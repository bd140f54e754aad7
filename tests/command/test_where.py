"""`penstock where`: what is stored on the machine."""

from __future__ import annotations

import json

from pipelines import double

SCRIPTED = double("scripted:Scripted")


def test_where_lists_the_folders_with_their_sizes(command, tmp_path, draw):
    draw("scans/a.png")
    empty = command("where").stdout
    assert f"{tmp_path}/.cache/penstock/read\n" in empty
    assert "nothing yet" in empty
    assert command("read", "scans", "--with", SCRIPTED, "--to", "text").returncode == 0
    (tmp_path / "x.toml").write_text(
        '[[sources]]\nplugin = "files"\npaths = ["scans"]\n'
        f'[[recognizers]]\nplugin = "{SCRIPTED}"\n'
        '[[sinks]]\nplugin = "text"\npath = "out/{document}.txt"\n'
    )
    assert command("run", "x.toml").returncode == 0
    found = {place["path"]: place["size"] for place in json.loads(command("where", "--json").stdout)}
    cache = f"{tmp_path}/.cache/penstock"
    places = [f"{cache}/read", f"{cache}/results.sqlite", f"{tmp_path}/.penstock"]
    assert all(found[place] > 0 for place in places)
    of_file = [place["path"] for place in json.loads(command("where", "x.toml", "--json").stdout)]
    assert of_file == [f"{tmp_path}/.penstock", f"{tmp_path}/.penstock/spool"]
    assert f"{tmp_path}/.penstock\n    state folder of x.toml: " in command("where", "x.toml").stdout
