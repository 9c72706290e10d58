"""Repeats a training run in PyTorch, float64, from dumped weights and batches, and prints its losses as JSON.

usage: python make_loss_curve.py input.json > loss-curve.json
"""
import json
import sys

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
dump = json.load(open(sys.argv[1]))
config = dump["config"]
T, B, D, H = config["tokens"], config["batch"], config["width"], config["heads"]
p = {
    t["name"]: torch.tensor(t["data"], dtype=torch.float64).reshape(t["shape"]).requires_grad_()
    for t in dump["parameters"]
}


def dense(x, name):
    return x @ p[f"{name}.weight"] + p[f"{name}.bias"]


def norm(x, name):
    return F.layer_norm(x, (D,), p[f"{name}.scale"].flatten(), p[f"{name}.shift"].flatten(), 1e-5)


def network(tokens):  # [B, T] -> [B, T, V]
    x = p["token.weight"][tokens] + p["position.weight"]
    for i in range(config["layers"]):
        h = norm(x, f"block{i}.attention.norm")
        q, k, v = (
            part.reshape(-1, T, H, D // H).transpose(1, 2)
            for part in dense(h, f"block{i}.attention.qkv").chunk(3, -1)
        )
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(-1, T, D)
        x = x + dense(mixed, f"block{i}.attention.output")
        h = norm(x, f"block{i}.mlp.norm")
        x = x + dense(F.gelu(dense(h, f"block{i}.mlp.up")), f"block{i}.mlp.down")
    return dense(norm(x, "head.norm"), "head")


optimiser = torch.optim.AdamW(
    p.values(),
    betas=(config["beta1"], config["beta2"]),
    eps=config["epsilon"],
    weight_decay=config["weightDecay"],
)
losses = []
for step in dump["steps"]:
    # Rows are token-major, t * B + b; `rows` names those that carry loss.
    tokens, rows, targets, weights = (torch.tensor(step[name]) for name in ("tokens", "rows", "targets", "weights"))
    logits = network(tokens.reshape(T, B).T).transpose(0, 1).reshape(T * B, -1)[rows]
    loss = (F.cross_entropy(logits, targets, reduction="none") * weights).sum()
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(p.values(), config["clipNorm"])
    for group in optimiser.param_groups:
        group["lr"] = step["learningRate"]
    optimiser.step()
    losses.append(loss.item())
json.dump({"framework": f"PyTorch {torch.__version__}, float64", "losses": losses}, sys.stdout, indent=1)
