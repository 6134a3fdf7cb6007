"""A web server that says hello on the port it is given; in Python on uvloop, where that is installed."""
import sys

from aiohttp import web


async def hello(request):
    return web.Response(text="hello\n")


if "Corolang" not in sys.version:
    try:
        import uvloop
    except ImportError:
        pass
    else:
        uvloop.install()
app = web.Application()
app.router.add_get("/", hello)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
