"""The first document of a workspace: a list of what to try, in the language of whoever set it up."""

from quillroom.services.documents import Edit

ENGLISH = """\
This page is yours to scribble on. What is typed here is saved at once, and the word at the top says so only when it is.

- [ ] Open this page in a second window and write in both
- [ ] Select a few words: a bar appears above them
- [ ] Type `/` at the beginning of a line for headings, lists, tables and more
- [ ] Press `?` outside the text to see all shortcuts
- [ ] Make a page of your own with **New page** on the left, and drag it under this one
- [ ] Open the chat at the top right and say hello; then select a sentence here and press **Quote in chat**
- [ ] Press **Share** and give somebody a link; they need no account
- [ ] Invite your team under **Administration → People**
- [ ] Stop the server in the middle of a sentence, start it again, and look for a word that is missing

> When you are done, move this page to the trash from the menu at the top right. It can come back.
"""
CHINESE = """\
这一页供你随意书写。这里输入的一切都会立即保存；只有真正保存之后，上方才会显示“已保存”。

- [ ] 在第二个窗口打开此页，两边同时书写
- [ ] 选中几个字：上方会出现工具栏
- [ ] 在行首输入 `/`，插入标题、列表、表格等
- [ ] 在正文之外按 `?`，查看所有快捷键
- [ ] 用左侧的 **新建页面** 创建自己的页面，并把它拖到此页之下
- [ ] 打开右上角的聊天打个招呼；再选中这里的一句话，点击 **在聊天中引用**
- [ ] 点击 **分享**，把链接发给别人；对方无需账号
- [ ] 在 **管理 → 成员** 中邀请你的团队
- [ ] 写到一半时停止服务器，再启动它，看看有没有丢字

> 完成之后，可以从右上角的菜单把此页移到回收站，随时可以恢复。
"""


def welcome(language: object) -> Edit:
    """Its title and text."""
    return Edit("欢迎", CHINESE) if language == "zh" else Edit("Welcome", ENGLISH)
