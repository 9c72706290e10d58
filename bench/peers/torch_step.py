"""The benchmark's peer: the same transformer and AdamW step in PyTorch eager, one thread.

usage: torch_step.py T B D LAYERS HEADS V STEPS
Reads one line per request from stdin, runs STEPS optimiser steps, prints the milliseconds per step.
"""
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)
torch.set_flush_denormal(True)
T, B, D, LAYERS, H, V, STEPS = map(int, sys.argv[1:8])


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.qkv, self.out = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.up, self.down = nn.Linear(D, 4 * D), nn.Linear(4 * D, D)

    def forward(self, x):
        q, k, v = (part.reshape(B, T, H, D // H).transpose(1, 2) for part in self.qkv(self.norm1(x)).chunk(3, -1))
        x = x + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(B, T, D))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.token, self.position = nn.Embedding(V + 1, D), nn.Parameter(torch.randn(T, D))
        self.blocks = nn.Sequential(*[Block() for _ in range(LAYERS)])
        self.norm, self.head = nn.LayerNorm(D), nn.Linear(D, V)

    def forward(self, tokens):
        return self.head(self.norm(self.blocks(self.token(tokens) + self.position)))


network = Network()
optimiser = torch.optim.AdamW(network.parameters(), lr=4e-3, weight_decay=0.0, fused=True)
targets = torch.randint(V, (STEPS, B, T))
hidden = torch.rand(STEPS, B, T) < 0.5
tokens = torch.where(hidden, torch.full_like(targets, V), targets)
weights = hidden.float() / hidden.sum((1, 2), keepdim=True)

for _ in sys.stdin:
    started = time.perf_counter()
    for step in range(STEPS):
        logits = network(tokens[step])
        losses = F.cross_entropy(logits.reshape(B * T, V), targets[step].reshape(-1), reduction="none")
        loss = (losses * weights[step].reshape(-1)).sum()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        loss.item()
    print(1000 * (time.perf_counter() - started) / STEPS, flush=True)
