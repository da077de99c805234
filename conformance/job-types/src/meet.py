"""All processes of a job meet at the first one, by the variables of a PyTorch launch, and agree on the sum of their ranks."""

import os
import socket
import time

rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
place = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
if rank == 0:
    with socket.create_server(place) as server:
        others = [server.accept()[0] for _ in range(size - 1)]
    total = sum(int(other.recv(64)) for other in others)
    for other in others:
        other.sendall(str(total).encode())
        other.close()
else:
    for attempt in range(300):
        try:
            link = socket.create_connection(place)
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
    link.sendall(str(rank).encode())
    total = int(link.recv(64))
nodes = os.environ["AZUREML_NODE_COUNT"]
print(
    f"rank {rank} of {size} on node {os.environ['NODE_RANK']} of {nodes}, local rank {os.environ['LOCAL_RANK']}: "
    f"the sum of all ranks is {total}"
)
