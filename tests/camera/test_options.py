"""The options of a camera, and the parts of its address that are never shown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from penstock.config import check
from penstock.errors import ConfigurationError
from penstock.model import Problem
from penstock.spool import Spool
from penstock_plugins.sources.camera import opencv
from penstock_plugins.sources.camera.address import CameraAddress
from penstock_plugins.sources.camera.source import Camera
from pipelines import tables
from processes import penstock


def configured(folder, **options):
    pipeline = tables([]) | {"sources": [{"plugin": "camera", **options}]}
    return check(pipeline, folder, where="x", name="x").of_kind("source")[0].component


@pytest.mark.parametrize(
    ("device", "kind", "shown"),
    [
        (3, int, "camera 3"),
        ("3", int, "camera 3"),
        ("/dev/video7", Path, "/dev/video7"),
        ("films/letters.mp4", Path, "films/letters.mp4"),
        (
            "http://anna:s3cret@cam.example:8080/video?token=t0ken",
            CameraAddress,
            "http://cam.example:8080/video?…",
        ),
        ("rtsp://anna:s3cret@192.168.1.2/stream", CameraAddress, "rtsp://192.168.1.2/stream"),
    ],
)
def test_a_device_is_a_number_a_path_or_an_address(tmp_path, monkeypatch, device, kind, shown):
    monkeypatch.chdir(tmp_path)
    camera = configured(tmp_path, device=device)
    assert isinstance(camera.device, kind)
    assert camera.origin == shown
    for secret in ("s3cret", "anna", "t0ken"):
        assert secret not in repr(camera)


def test_an_address_hides_its_credentials_and_query():
    address = CameraAddress("http://anna:p%40ss@cam:81/video?token=x")
    assert address.credentials == ("anna", "p@ss")
    assert address.without_credentials() == "http://cam:81/video?token=x"
    assert CameraAddress("http://cam/video").credentials is None
    assert str(address) == "http://cam:81/video?…"
    assert (address.is_http, CameraAddress("rtsp://cam/1").is_http) == (True, False)


def test_credentials_come_from_the_environment(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CAMERA_LOGIN", "anna:s3cret")
    camera = configured(tmp_path, device="rtsp://${CAMERA_LOGIN}@cam/stream")
    assert camera.device.reveal() == "rtsp://anna:s3cret@cam/stream"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "ftp://anna:s3cret@cam/x"}, "device is not a supported address"),
        ({"device": "http://anna:s3cret@:80/x"}, "device is not a supported address"),
        ({"device": "http://anna:s3cret@[bad"}, "device is not a supported address"),
        ({"device": -1}, "greater than or equal to 0"),
        ({"once": True, "pages": 2}, "once takes a single picture"),
        ({"once": True, "every": 2}, "once takes a single picture"),
        ({"every": 0}, "every: must be greater than 0"),
        ({"pages": 0}, "pages: must be greater than or equal to 1"),
        ({"rotate": 45}, "rotate: must be 0, 90, 180 or 270"),
        ({"crop": True}, "crop: "),
        ({"resolution": [1920]}, "resolution must be a width and a height"),
        ({"resolution": [1920, 1080], "device": "film.mp4"}, "resolution applies to cameras of this machine"),
        ({"quality": 101}, "quality: "),
    ],
)
def test_wrong_options_are_refused_without_showing_secrets(tmp_path, options, message):
    with pytest.raises(ConfigurationError) as error:
        configured(tmp_path, **options)
    assert message in str(error.value)
    assert "s3cret" not in str(error.value)


def problem_of(tmp_path, **options):
    (item,) = configured(tmp_path, **options).find_documents(Spool(tmp_path / "spool"), lambda _text: None)
    assert isinstance(item, Problem)
    return item


@pytest.mark.skipif(not Path("/dev").is_dir(), reason="devices as files")
def test_a_missing_camera_lists_the_existing_ones(tmp_path, monkeypatch, capfd):
    dev = tmp_path / "dev"
    dev.mkdir()
    monkeypatch.setattr(opencv, "DEVICES", dev)
    problem = problem_of(tmp_path, device=3)
    assert (problem.what, problem.why) == ("camera 3", "there is no such camera")
    assert f"this machine has no camera ({dev}/video*)" in problem.hint
    for number in (0, 2):
        (dev / f"video{number}").touch()
    assert f"this machine has {dev}/video0, {dev}/video2" in problem_of(tmp_path, device=3).hint
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(not Path("/dev").is_dir(), reason="devices as files")
def test_a_camera_that_does_not_open_may_be_busy(tmp_path, monkeypatch, capfd):
    dev = tmp_path / "dev"
    dev.mkdir()
    (dev / "video77").touch()
    monkeypatch.setattr(opencv, "DEVICES", dev)
    problem = problem_of(tmp_path, device=77)
    assert problem.why == "cannot be opened"
    assert "close the program that uses it" in problem.hint
    assert capfd.readouterr().err == ""


def test_an_unreachable_stream_is_a_problem_and_ffmpeg_prints_nothing(tmp_path, capfd):
    problem = problem_of(tmp_path, device="rtsp://anna:s3cret@127.0.0.1:9/stream", max_silence=2.0)
    assert problem.why == "cannot be reached, or sends no video"
    assert "s3cret" not in str(problem)
    assert capfd.readouterr().err == ""


def test_the_class_imports_no_heavy_library():
    code = (
        "import sys, penstock_plugins.sources.camera.source\n"
        "print([name for name in ('cv2', 'numpy', 'PIL', 'requests', 'pydantic') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ended.stdout == "[]\n", ended.stderr


def test_check_does_not_show_the_password(tmp_path):
    path = tmp_path / "penstock.toml"
    path.write_text(
        '[[sources]]\nplugin = "camera"\ndevice = "http://anna:${CAMERA_PASSWORD}@cam/video?token=t0ken"\n'
        '[[recognizers]]\nplugin = "rapidocr"\n[[sinks]]\nplugin = "text"\n'
    )
    assert os.environ.get("CAMERA_PASSWORD") is None
    ended = penstock(tmp_path, "check", str(path), CAMERA_PASSWORD="s3cret")  # noqa: S106
    assert 'device = "http://cam/video?…"' in ended.stdout, ended.stderr
    assert "s3cret" not in ended.stdout + ended.stderr


def test_a_camera_can_be_made_in_python():
    camera = Camera(device=CameraAddress("http://cam/video"), pages=2)
    assert camera.origin == "http://cam/video"
    assert not camera.request_stop()


@pytest.mark.parametrize(
    ("device", "made"),
    [
        ("0", 0),
        ("films/a.mp4", Path("films/a.mp4")),
        ("rtsp://cam/1", CameraAddress),
        (Path("b.avi"), Path("b.avi")),
    ],
)
def test_a_device_may_be_text_in_python(device, made):
    camera = Camera(device)
    assert camera.device == made or isinstance(camera.device, CameraAddress)
    assert camera.origin == str(device) if device != "0" else camera.origin == "camera 0"
