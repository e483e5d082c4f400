"""The whole job with Python's requests. VOICECLONE_API_KEY and VOICECLONE_BASE_URL name the server.

    python3 python.py           clones voice.wav; run again after an interruption, it goes on where it stood
    python3 python.py TASK_ID   goes on with this task

The first form creates the task again with the same Idempotency-Key. A server that keeps keys says so in its answer's
Idempotency-Key; at any other, go on by the task's id, and where no id came, look there for the task before you repeat.
"""

import hashlib
import os
import sys
import time

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

text = "Good morning!"
api = os.environ["VOICECLONE_BASE_URL"] + "/async-clone"
session = requests.Session()
session.headers["Authorization"] = "Bearer " + os.environ["VOICECLONE_API_KEY"]
# repeats a GET, and obeys Retry-After; a POST that may have arrived is not sent again
retries = Retry(total=5, backoff_factor=1, status_forcelist=[429, 502, 503, 504])
session.mount(api, HTTPAdapter(max_retries=retries))


def create():
    with open("voice.wav", "rb") as sample:
        # the same sample and text are the same task; set another key to pay for a new one
        key = os.environ.get("IDEMPOTENCY_KEY") or hashlib.sha256(sample.read() + text.encode()).hexdigest()
        sample.seek(0)
        created = session.post(
            f"{api}/create-task",
            headers={"Idempotency-Key": key},
            files={"audio_file": sample},
            data={"text": text},
            timeout=600,
        )
    created.raise_for_status()
    return created.json()["task_id"]


def wait(task_id):
    delay = 1
    while True:
        answer = session.get(f"{api}/task-status/{task_id}", timeout=60)
        answer.raise_for_status()
        task = answer.json()
        if task["status"] == "completed":
            return
        if task["status"] == "failed":
            sys.exit(f"task {task_id} failed: {task.get('error')}")
        time.sleep(delay)
        delay = min(delay + 1, 30)


def download(task_id, output):
    """Streams to a part of the task's own, and renames it once it is whole."""
    part = f"speech-{os.path.basename(task_id)}.wav.part"
    have = os.path.getsize(part) if os.path.exists(part) else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with session.get(f"{api}/task-result/{task_id}", headers=headers, stream=True, timeout=60) as result:
        if result.status_code == 206:
            sent = result.headers["Content-Range"]
            if not sent.startswith(f"bytes {have}-"):
                sys.exit(f"the server sent {sent}, not what follows the first {have} bytes")
            save(result, part, "ab")
        elif result.status_code != 416:  # that there is nothing after the part: then it is whole
            result.raise_for_status()
            save(result, part, "wb")
    if not whole(part):
        sys.exit(f"{part} is not a whole WAV file; delete it, and go on with: python3 python.py {task_id}")
    os.replace(part, output)


def save(result, part, mode):
    with open(part, mode) as file:
        for piece in result.iter_content(64 * 1024):
            file.write(piece)


def whole(part):
    """A WAV file begins with RIFF and its length, less these 8 bytes."""
    with open(part, "rb") as file:
        head = file.read(8)
    return head[:4] == b"RIFF" and int.from_bytes(head[4:], "little") + 8 == os.path.getsize(part)


task_id = sys.argv[1] if len(sys.argv) > 1 else create()
print("task", task_id, flush=True)
wait(task_id)
download(task_id, "speech.wav")
print(f"speech.wav: {os.path.getsize('speech.wav')} bytes")
