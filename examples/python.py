"""The whole job with Python requests. VOICECLONE_API_KEY and VOICECLONE_BASE_URL name the server."""

import os
import time

import requests

api = os.environ["VOICECLONE_BASE_URL"] + "/async-clone"
session = requests.Session()
session.headers["Authorization"] = "Bearer " + os.environ["VOICECLONE_API_KEY"]

with open("voice.wav", "rb") as sample:
    created = session.post(api + "/create-task", files={"audio_file": sample}, data={"text": "Good morning!"})
created.raise_for_status()
task_id = created.json()["task_id"]
print("task", task_id)

while True:
    task = session.get(f"{api}/task-status/{task_id}").json()
    if task["status"] == "completed":
        break
    if task["status"] == "failed":
        raise SystemExit(f"task {task_id} failed: {task.get('error')}")
    time.sleep(1)

result = session.get(f"{api}/task-result/{task_id}")
result.raise_for_status()
with open("speech.wav", "wb") as file:
    file.write(result.content)
print(f"speech.wav: {len(result.content)} bytes")
