MASKS = ["mask_full", "mask_half", "mask_quarter", "mask_eighth"]


def test_a_setting_with_masks_shows_them_and_one_without_does_not(event_figures, images):
    with_masks = event_figures["maps_mtfa_babycry_reduced-standin"]
    without = event_figures["maps_resrnn_babycry_reduced-standin"]
    assert len(images(with_masks.draw())) == 1 + len(MASKS) and len(images(without.draw())) == 1
    assert "input (log mel, standardised by band), masks (mean over channels" in with_masks.caption
    assert "masks" not in without.caption and "probability of the event in mixture_evaltest" in without.caption
    assert b"(a) input, log mel" in without.draw() and b">mel band<" in without.draw()
