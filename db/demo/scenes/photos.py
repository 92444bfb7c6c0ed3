"""Photos of products: beside each photo a small one; who does not use them has one from the trial."""

from db.demo.scene import Scene

AFTER = ("composition",)


def play(scene: Scene) -> None:
    """Give every product with a photo the small version of it."""
    products = scene.all("product")
    if not any(product["photo_url"] for product in products):
        scene.change(products[0], photo_url="https://photos.demo.enfact.test/0001.jpg")
    for product in products:
        if product["photo_url"]:
            scene.change(product, photo_thumbnail_url=product["photo_url"].replace(".test/", ".test/160/"))
