"""The recipe that makes the model package `models/smollm2-135m`: base, LoRA experts, gates, cards, controls."""
