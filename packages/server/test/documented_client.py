"""The documented client: create, poll, download, and go on with a download that was cut. Uses only Part 1 of the API."""
import sys
import time
import requests

base, key, sample, text, target = sys.argv[1:]
headers = {"Authorization": f"Bearer {key}"}

with open(sample, "rb") as audio:
    created = requests.post(
        f"{base}/async-clone/create-task",
        headers=headers,
        files={"audio_file": ("voice.wav", audio, "audio/wav")},
        data={"text": text},
    )
created.raise_for_status()
task_id = created.json()["task_id"]

deadline = time.time() + 60
while True:
    status = requests.get(f"{base}/async-clone/task-status/{task_id}", headers=headers).json()
    if status["status"] == "completed":
        break
    if status["status"] == "failed":
        sys.exit(status["error"])
    if time.time() > deadline:
        sys.exit("timed out")
    time.sleep(0.1)

url = f"{base}/async-clone/task-result/{task_id}"
with requests.get(url, headers=headers, stream=True) as response:
    response.raise_for_status()
    size = int(response.headers["Content-Length"])
    have = response.raw.read(size // 3)
with open(target, "wb") as file:
    file.write(have)
    rest = requests.get(url, headers={**headers, "Range": f"bytes={len(have)}-"})
    if rest.status_code != 206:
        sys.exit(f"{rest.status_code} for a range")
    file.write(rest.content)
print(task_id)
