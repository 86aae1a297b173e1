"""What arguments and their values are called on pages: the terms of the field for names of ours or of a library."""

from typing import Any

from benchmarks.reporting.wording import plain, value

#: The term of a name; where parts have one of the same name for different things, by part ("trainer", "data", "model").
TERMS: dict[str | tuple[str, str], str] = {
    # training
    "accumulate_grad_batches": "batches per optimizer step",
    "begin": "best epoch looked for from epoch",
    "drops": "learning rate falls after epochs",
    "gradient_clip_val": "gradient clipping at norm",
    "initial_weights": "initialisation of the weights",
    "keep": "kept weights",
    "l2": "weight decay (L2)",
    "max_epochs": "epochs",
    "max_iter": "iterations at most",
    "momentum": "momentum of the optimizer",
    "monitor": "quantity watched",
    "rate_falls": "decay of the learning rate",
    ("trainer", "patience"): "patience of early stopping",
    ("model", "patience"): "patience of the learning-rate schedule",
    "tol": "tolerance of convergence",
    "wait_from": "early stopping waits from epoch",
    "BATCH_NORM_EPSILON": "batch-norm epsilon",
    "BATCH_NORM_MOMENTUM": "batch-norm momentum",
    "INIT_SIGMA": "standard deviation of the initial weights",
    "norm_momentum": "batch-norm momentum",
    "rnn_init": "initialisation of the recurrent layers",
    # networks
    "attention_map": "computation of the attention map",
    "attention_scale": "scaling of the attention map",
    "components": "Gaussian components",
    "covariances": "form of the covariance matrices",
    "directions": "directions of the recurrent layers",
    "dropout": "dropout rate",
    "channel_weights": "weights of the channels",
    "freq_reduce": "frequency axis reduced by",
    "gamma": "γ, weight of the attended features",
    "kernels": "kernel sizes",
    "norm": "kind of normalisation",
    "num_scenes": "number of scenes",
    "padding": "zero padding of convolutions",
    "POOL": "pooling size",
    "POOLS": "pooling sizes",
    "reduction": "reduction of channels",
    "readout": "pooling of frames into a clip",
    "reg_covar": "regularisation of the covariances",
    ("model", "query"): "query of the attention",
    ("model", "scores"): "scores of the attention",
    "rnn_layers": "recurrent layers",
    "squeeze": "squeezing of channels",
    "SVM_C": "penalty C of the SVM",
    "NEIGHBOURS": "neighbours k of k-NN",
    "TREES": "trees of the random forest",
    "units": "hidden units",
    "value_kernel": "kernel size of the values",
    "variant": "form of the network",
    "width_divisor": "layers narrower by a factor of",
    "random_state": "seed of the estimator",
    # features
    "analysis_rate": "sampling rate of the analysis (Hz)",
    "hop": "hop size",
    "HOP": "hop size",
    "HOP_SECONDS": "hop size (s)",
    "FRAME_SECONDS": "frame length (s)",
    "n_bands": "bands",
    "n_fft": "FFT size",
    "N_FFT": "FFT size",
    "n_mels": "mel bands",
    "n_mfcc": "MFCCs",
    "low": "lowest frequency (Hz)",
    "bottom": "lowest frequency (Hz)",
    "top": "highest frequency (Hz)",
    "rate": "sampling rate (Hz)",
    "delta": "delta features",
    "derivatives": "delta features",
    "with_delta": "delta features",
    "window_form": "window",
    "ZCR_FRAMES": "frames of the zero-crossing rate",
    "floor": "floor of the logarithm",
    "silence_db": "threshold of silence (dB)",
    "output_from": "frames that are averaged",
    "rounding": "rounding of the range",
    "similarity_input": "input of the similarities",
    "standardize": "standardisation of the features",
    "statistics_of_piczak": "statistics that PiczakCNN's segments are standardised by",
    # segments, batches, augmentation
    "altered_copies": "augmented copies",
    "augment": "augmentation",
    "chunk_hop": "hop between chunks (frames)",
    "class_copies": "copies of a class",
    "copies": "augmented copies",
    "epoch_mode": "copies of a clip in an epoch",
    "frequency_mask_bands": "width of frequency masks",
    "limit": "items per split at most",
    "mixup_alpha": "mixup α",
    "mixup_partner": "partner in mixup",
    "mixup_share": "share of batches with mixup",
    "sampler_alpha": "α of the balanced sampler",
    "segment_frames": "frames of a segment",
    "segment_hop": "hop between segments (frames)",
    "segment_mode": "segments taken",
    "sequence_frames": "frames of a sequence",
    "spec_augment": "SpecAugment",
    "time_mask_share": "longest time mask (share)",
    "time_warp_share": "longest time warp (share)",
    "train_folds": "training folds",
    "widths_of_masks": "widths of masks",
    "STRETCH": "factors of time stretching",
    "SHIFT": "pitch shift",
}

#: What values are that are words of the code, by argument and word: for sentences. Others say what they are.
VALUES: dict[tuple[str, str], str] = {
    ("channel_weights", "vector"): "one number for each channel",
    ("epoch_mode", "concat"): "all",
    ("epoch_mode", "resample"): "one at random",
    ("freq_reduce", "avgpool8"): "means of 8 neighbouring bands",
    ("freq_reduce", "flatten"): "nothing, all bands side by side",
    ("loss", "mse"): "mean squared error",
    ("output_from", "none"): "those that the similarities are of",
    ("query", "drawn"): "drawn at random",
    ("query", "own"): "the mean embedding of the second that is predicted",
    ("rounding", "trunc"): "from floor(i - past) to floor(i + future)",
    ("scores", "dot"): "dot products",
    ("segment_mode", "random"): "one of each clip at random",
    ("similarity_input", "minmax"): "clips rescaled to [0, 1]",
    ("spec_augment", "code"): "as the authors' code has it",
}


def term(name: str, part: str = "") -> str:
    """What an argument of a part is called."""
    return TERMS.get((part, name)) or TERMS.get(name) or plain(name).lower()


def meant(name: str, stated: Any) -> str:
    """A value of an argument in a sentence."""
    told = value(stated)
    return VALUES.get((name, told), told)


def coded(name: str, stated: Any) -> str:
    """The value as code, and what it is where that says more."""
    told = value(stated)
    return f"`{told}`, {VALUES[name, told]}" if (name, told) in VALUES else told


def named(name: str, part: str = "") -> str:
    """Its name as code, and the term where that says more."""
    called = term(name, part)
    return f"`{name}`" if called == plain(name).lower() else f"`{name}`, {called}"
