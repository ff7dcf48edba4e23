"""The site: pages for people, made of the published tables and the documents in ``docs/``.

``content`` arranges the tables, ``words`` says things in English and Chinese, ``pages`` writes the pages' sources,
``redirects`` keeps old links alive, ``feed`` tells of releases, and ``build`` has Sphinx make HTML of it all.
"""
