"""Thumbnails of product photos; a company without the app has one photo from its trial."""

from db.demo.scene import Scene

AFTER = ("composition",)


def play(scene: Scene) -> None:
    """Add the thumbnail of every product with a photo."""
    products = scene.all("product")
    if not any(product["photo_url"] for product in products):
        scene.change(products[0], photo_url="https://photos.demo.enfact.test/0001.jpg")
    for product in products:
        if product["photo_url"]:
            scene.change(product, photo_thumbnail_url=product["photo_url"].replace(".test/", ".test/160/"))
