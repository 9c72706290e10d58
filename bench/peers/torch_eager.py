"""PyTorch eager, one thread: functional transformer, fused AdamW, denormals flushed."""
import torch
import torch.nn.functional as F
from peer import serve


def loss_of(p, config, tokens, targets, weights):
    """The weighted cross-entropy of a batch [B, T]; every row has logits."""
    (B, T), D, H = tokens.shape, config.width, config.heads

    def dense(x, name):
        return torch.addmm(p[f"{name}.bias"], x, p[f"{name}.weight"])

    def norm(x, name):
        return F.layer_norm(x, (D,), p[f"{name}.scale"], p[f"{name}.shift"])

    x = (F.embedding(tokens, p["token.weight"]) + p["position.weight"]).reshape(B * T, D)
    for i in range(config.layers):
        qkv = dense(norm(x, f"block{i}.attention.norm"), f"block{i}.attention.qkv")
        q, k, v = qkv.reshape(B, T, 3, H, D // H).permute(2, 0, 3, 1, 4).unbind()
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(B * T, D)
        x = x + dense(mixed, f"block{i}.attention.output")
        hidden = F.gelu(dense(norm(x, f"block{i}.mlp.norm"), f"block{i}.mlp.up"))
        x = x + dense(hidden, f"block{i}.mlp.down")
    logits = dense(norm(x, "head.norm"), "head")
    return (F.cross_entropy(logits, targets.reshape(-1), reduction="none") * weights.reshape(-1)).sum()


def prepare(config, parameters, batches, loss_of=loss_of):
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    flat = (".bias", ".scale", ".shift")
    p = {
        name: torch.tensor(data.reshape(-1) if name.endswith(flat) else data).requires_grad_()
        for name, data in parameters.items()
    }
    tokens, targets, weights = map(torch.tensor, batches)
    targets = targets.long()  # cross_entropy wants them so
    optimiser = torch.optim.AdamW(
        p.values(),
        lr=config.learningRate,
        betas=(config.beta1, config.beta2),
        eps=config.epsilon,
        weight_decay=config.weightDecay,
        fused=True,
    )

    def take(call):
        losses, norms = [], []
        for step in range(tokens.shape[1]):
            loss = loss_of(p, config, tokens[call, step], targets[call, step], weights[call, step])
            optimiser.zero_grad()
            loss.backward()
            norms.append(torch.nn.utils.clip_grad_norm_(p.values(), config.clipNorm))
            optimiser.step()
            losses.append(loss.detach())
        return torch.stack(losses), torch.stack(norms)

    return take


if __name__ == "__main__":
    serve(prepare)
