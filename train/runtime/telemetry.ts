// ONNX Runtime ≥ 1.29 reports usage by default and reads this once, when its native library loads: import first.
process.env.ORT_DISABLE_TELEMETRY ??= '1'
