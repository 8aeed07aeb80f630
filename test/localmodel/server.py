"""Serves a model by llama.cpp's own server, on a free port of this machine.

server.py MODEL KEY: prints the address when the model is loaded, and serves
until its input ends.
"""

import sys

import xllamacpp

p = xllamacpp.CommonParams()
p.model.path, key = sys.argv[1:]
p.api_keys = [key]
p.n_ctx = 512
p.n_parallel = 1
p.cpuparams.n_threads = 2
p.fit_params = p.warmup = p.ui = False
server = xllamacpp.Server(p)
print(server.listening_address, flush=True)
sys.stdin.read()
