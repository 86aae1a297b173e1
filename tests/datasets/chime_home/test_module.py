from datasets.chime_home import CHiMEHome, CHiMEHomeDataModule


def test_arguments_arrive_and_batches_have_the_right_shape(miniature_chime, tmp_path):
    module = CHiMEHomeDataModule(miniature_chime, cache=tmp_path, mode="am", frequency_masks=1, batch_size=16, jobs=1)
    module.setup()
    dataset = CHiMEHome(miniature_chime)
    assert module.classes == dataset.classes and module.test_sets["test"] == list(dataset.parts().named["test"].index)
    assert module.item_counts["validation"] == {"used": dataset.listed("validation")} | {
        "expected": dataset.listed("validation")
    }
    batches = list(module.train_dataloader().batches())
    x, y = module.on_after_batch_transfer(batches[0], 0)
    assert x.shape == (16, 1, 50, 64) and y.shape == (16, 7)
    assert sum(len(batch.rows) for batch in batches) == 2 * dataset.listed("train")
    assert module.reference("test").equals(dataset.parts().named["test"])
