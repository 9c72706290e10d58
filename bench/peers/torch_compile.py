"""The same with torch.compile of the loss, so that inductor writes its forward and backward pass in C++; the optimiser stays eager."""
import torch
from peer import serve
from torch_eager import loss_of, prepare

compiled = torch.compile(loss_of, fullgraph=True, dynamic=False)
serve(lambda *problem: prepare(*problem, loss_of=compiled))
