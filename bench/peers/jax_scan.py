"""JAX, one thread: the whole optimiser step inside lax.scan, one jitted call for all steps of a call, its state donated."""
import math
import os

# XLA sizes its pool of threads by this variable, and must read it before jax is loaded.
os.environ["NPROC"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from peer import serve


def loss_of(p, config, tokens, targets, weights):
    """The weighted cross-entropy of a batch [B, T]; every row has logits."""
    (B, T), D, H = tokens.shape, config.width, config.heads

    def dense(x, name):
        return x @ p[f"{name}.weight"] + p[f"{name}.bias"]

    def norm(x, name):
        centred = x - x.mean(-1, keepdims=True)
        deviation = jax.lax.rsqrt((centred * centred).mean(-1, keepdims=True) + 1e-5)
        return centred * deviation * p[f"{name}.scale"].reshape(-1) + p[f"{name}.shift"]

    x = (p["token.weight"][tokens] + p["position.weight"]).reshape(B * T, D)
    for i in range(config.layers):
        qkv = dense(norm(x, f"block{i}.attention.norm"), f"block{i}.attention.qkv")
        q, k, v = (part.reshape(B, T, H, D // H) for part in jnp.split(qkv, 3, -1))
        share = jax.nn.softmax(jnp.einsum("bthd,bshd->bhts", q, k) / (D // H) ** 0.5)
        mixed = jnp.einsum("bhts,bshd->bthd", share, v).reshape(B * T, D)
        x = x + dense(mixed, f"block{i}.attention.output")
        hidden = jax.nn.gelu(dense(norm(x, f"block{i}.mlp.norm"), f"block{i}.mlp.up"), approximate=False)
        x = x + dense(hidden, f"block{i}.mlp.down")
    predicted = jax.nn.log_softmax(dense(norm(x, "head.norm"), "head"))
    chosen = jnp.take_along_axis(predicted, targets.reshape(-1, 1), 1)
    return -(chosen * weights.reshape(-1, 1)).sum()


def prepare(config, parameters, batches):
    # One flat vector: an optimiser step is then one pass instead of one per tensor.
    start, unravel = ravel_pytree(parameters)
    beta1, beta2 = config.beta1, config.beta2

    def step(state, batch):
        p, first, second, t = state
        loss, g = jax.value_and_grad(lambda flat: loss_of(unravel(flat), config, *batch))(p)
        norm = jnp.sqrt(g @ g)
        g = g * jnp.minimum(config.clipNorm / norm, 1)
        t = t + 1
        first = beta1 * first + (1 - beta1) * g
        second = beta2 * second + (1 - beta2) * g * g
        # 1 - beta**t, of which float32 would lose four digits.
        share1, share2 = (-jnp.expm1(t * math.log(beta)) for beta in (beta1, beta2))
        direction = first / share1 / (jnp.sqrt(second / share2) + config.epsilon)
        p = (1 - config.learningRate * config.weightDecay) * p - config.learningRate * direction
        return (p, first, second, t), (loss, norm)

    steps = jax.jit(lambda state, batches: jax.lax.scan(step, state, batches), donate_argnums=0)
    calls = [tuple(jnp.asarray(part[call]) for part in batches) for call in range(len(batches[0]))]
    state = (start, jnp.zeros_like(start), jnp.zeros_like(start), jnp.zeros(()))

    def take(call):
        nonlocal state
        state, results = jax.block_until_ready(steps(state, calls[call]))
        return results

    return take


if __name__ == "__main__":
    serve(prepare)
