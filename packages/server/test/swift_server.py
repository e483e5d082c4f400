"""An S3 that is nobody's double: OpenStack Swift with its s3api, which verifies signatures and digests by itself.

All of its servers in one process, in the directory that is named. Prints the port; ends when its input does.
"""
import os
import shutil
import sys

import eventlet

eventlet.patcher.monkey_patch(all=False, socket=True, select=True, thread=True)

from eventlet import wsgi
from swift.common import utils
from swift.common.ring import RingBuilder
from swift.common.wsgi import loadapp

utils.HASH_PATH_SUFFIX = b"voiceclone"
directory = sys.argv[1]
inside = lambda *names: os.path.join(directory, *names)
os.makedirs(inside("devices", "disk"))

SERVER = """
[DEFAULT]
swift_dir = %(directory)s
devices = %(directory)s/devices
mount_check = false
[pipeline:main]
pipeline = %(pipeline)s
[app:%(name)s-server]
use = egg:swift#%(name)s
account_autocreate = true
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:s3api]
use = egg:swift#s3api
location = eu-north-1
[filter:tempauth]
use = egg:swift#tempauth
user_voices_anna = s3cret .admin
"""


def serve(name, socket, pipeline):
    path = inside(name + ".conf")
    with open(path, "w") as file:
        file.write(SERVER % {"directory": directory, "name": name, "pipeline": pipeline})
    app = loadapp(path, global_conf={"log_name": name})
    eventlet.spawn_n(wsgi.server, socket, app, log_output=False)


for name in ["account", "container", "object"]:
    socket = eventlet.listen(("127.0.0.1", 0))
    builder = RingBuilder(1, 1, 0)
    address = {"region": 1, "zone": 1, "ip": "127.0.0.1", "port": socket.getsockname()[1]}
    builder.add_dev({**address, "id": 0, "weight": 1, "device": "disk"})
    builder.rebalance()
    builder.get_ring().save(inside(name + ".ring.gz"))
    serve(name, socket, name + "-server")

socket = eventlet.listen(("127.0.0.1", 0))
serve("proxy", socket, "cache s3api tempauth proxy-server")
print(socket.getsockname()[1], flush=True)
eventlet.tpool.execute(sys.stdin.read)
shutil.rmtree(directory)
os._exit(0)
