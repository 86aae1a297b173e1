def test_all_kinds_of_conditioning_stand_below_each_other_at_one_alpha(tag_figures, tag_drawing, images):
    figure = tag_figures["inputs_t3_dcase_reduced-standin"]
    titles = [title + how for _, _, title, _, how in figure.data]
    assert titles == [
        "log mel, standardised by band", "frames mixed by the weights of the self-attention",
        "conditioned, α = 7", "conditioned, α = 7, decay renormalised", "conditioned, α = 7, similarity of raw frames",
    ]  # fmt: skip
    assert len(images(tag_drawing(figure.name))) == 5 and "weights are laid on the input" in figure.caption
