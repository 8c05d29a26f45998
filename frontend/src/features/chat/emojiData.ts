/** A choice of emoji with the words by which they are looked for, in English and Chinese; the first word is the name. */
export const EMOJI_GROUPS: readonly {
  key: "people" | "gestures" | "nature" | "food" | "things" | "signs";
  emoji: string;
}[] = [
  {
    key: "people",
    emoji: `
😀 grinning smile happy 开心 笑
😃 smiley happy open 开心 笑
😄 laughing-eyes smile happy 大笑 开心
😁 beaming grin teeth 露齿 笑
😆 laughing haha satisfied 哈哈 大笑
😅 sweat-smile relief phew 汗 尴尬
🤣 rofl rolling floor laughing 笑倒 哈哈
😂 joy tears laughing lol 笑哭 喜极而泣
🙂 slight-smile ok 微笑
🙃 upside-down irony 倒脸 无奈
😉 wink joke 眨眼
😊 blush smile warm 害羞 微笑
😇 angel innocent halo 天使 无辜
🥰 hearts love adore 爱慕 喜欢
😍 heart-eyes love 花痴 喜欢 爱
🤩 star-struck wow excited 崇拜 激动
😘 kiss love 飞吻 亲
😋 yum delicious tasty 好吃 美味
😛 tongue playful 吐舌 调皮
😜 crazy wink tongue 鬼脸 调皮
🤗 hug embrace 拥抱 抱抱
🤭 giggle oops hand mouth 偷笑 捂嘴
🤫 shush quiet secret 嘘 安静
🤔 thinking hmm wonder 思考 想
🤐 zipper silent mouth 闭嘴
🤨 eyebrow sceptical doubt 怀疑 挑眉
😐 neutral meh 面无表情
😑 expressionless meh 无语
😏 smirk 得意 坏笑
🙄 eye-roll annoyed 白眼
😬 grimace awkward 尴尬 龇牙
😌 relieved calm peace 放松 安心
😔 pensive sad 沉思 难过
😴 sleeping tired zzz 睡觉 困
🤒 sick ill thermometer 生病 发烧
🤯 mind-blown exploding 震惊 爆炸
🥳 party celebrate hat 派对 庆祝
😎 cool sunglasses 酷 墨镜
🤓 nerd glasses 书呆子
🧐 monocle inspect 审视 单片眼镜
😕 confused unsure 困惑
😟 worried 担心
🙁 frown sad 不开心
😮 surprised oh wow 惊讶 哦
😲 astonished wow 震惊
😳 flushed embarrassed 脸红
🥺 pleading please puppy 恳求 拜托
😢 cry tear sad 哭 伤心
😭 sob cry loudly 大哭 嚎啕
😱 scream fear shock 尖叫 害怕
😤 huff triumph 哼 生气
😡 angry mad red 生气 愤怒
😞 disappointed sad 失望
😩 weary tired 疲惫
🥱 yawn tired bored 哈欠 困
😈 devil naughty 恶魔 坏
💀 skull dead 骷髅 笑死
👻 ghost boo 鬼 幽灵
🤖 robot bot 机器人
💩 poop 便便
👀 eyes look see watching 眼睛 看
🙈 see-no-evil monkey 非礼勿视 猴子
`,
  },
  {
    key: "gestures",
    emoji: `
👍 thumbs-up yes good like agree +1 赞 好 同意
👎 thumbs-down no bad dislike -1 踩 不好
👌 ok perfect fine 好的 可以
✌️ victory peace 胜利 耶
🤞 fingers-crossed luck hope 祈祷 好运
🤝 handshake deal agree 握手 合作
👏 clap applause bravo 鼓掌
🙌 raised-hands hooray celebrate 欢呼 万岁
🙏 pray thanks please 谢谢 拜托 祈祷
💪 strong muscle power 加油 强壮
👋 wave hello bye hi 你好 再见 挥手
✋ hand stop high-five 停 举手
☝️ point-up one 食指 注意
👉 point-right 右 指
👈 point-left 左 指
👇 point-down 下 指
🫶 heart-hands love 比心
🤷 shrug dunno whatever 耸肩 不知道
🤦 facepalm 捂脸 无语
🙋 raise-hand me question 举手 我
🙇 bow sorry thanks 鞠躬 抱歉
🏃 run hurry 跑 快
💃 dance party 跳舞
❤️ heart love red 爱心 红心 爱
🧡 orange-heart love 橙心
💛 yellow-heart love 黄心
💚 green-heart love 绿心
💙 blue-heart love 蓝心
💜 purple-heart love 紫心
🖤 black-heart 黑心
💔 broken-heart sad 心碎
💯 hundred perfect score 满分 一百
`,
  },
  {
    key: "nature",
    emoji: `
🐶 dog puppy 狗
🐱 cat kitten 猫
🐭 mouse 老鼠
🐰 rabbit bunny 兔子
🦊 fox 狐狸
🐻 bear 熊
🐼 panda 熊猫
🐯 tiger 老虎
🦁 lion 狮子
🐸 frog 青蛙
🐔 chicken 鸡
🐧 penguin 企鹅
🦉 owl 猫头鹰
🦄 unicorn 独角兽
🐝 bee 蜜蜂
🐛 bug caterpillar 虫 缺陷
🦋 butterfly 蝴蝶
🐢 turtle slow 乌龟 慢
🐙 octopus 章鱼
🐳 whale 鲸
🌱 seedling plant grow 发芽 成长
🌳 tree 树
🌸 blossom flower spring 樱花 花
🌹 rose flower 玫瑰
🌻 sunflower 向日葵
🍀 clover luck 四叶草 幸运
🍂 leaves autumn fall 落叶 秋
☀️ sun sunny 太阳 晴
🌧️ rain 雨
⛈️ storm thunder 雷雨
❄️ snow cold 雪 冷
🌈 rainbow 彩虹
🌙 moon night 月亮 晚安
⭐ star 星 收藏
🔥 fire hot lit 火 热
🌊 wave sea 海浪
🌍 earth world 地球 世界
`,
  },
  {
    key: "food",
    emoji: `
🍎 apple fruit 苹果
🍌 banana fruit 香蕉
🍓 strawberry fruit 草莓
🍉 watermelon fruit 西瓜
🥑 avocado 牛油果
🥕 carrot 胡萝卜
🍞 bread 面包
🧀 cheese 奶酪
🍔 burger 汉堡
🍕 pizza 披萨
🍜 noodles ramen 面条 拉面
🍣 sushi 寿司
🥟 dumpling 饺子
🍚 rice 米饭
🍰 cake 蛋糕
🎂 birthday-cake 生日蛋糕
🍪 cookie 饼干
🍫 chocolate 巧克力
☕ coffee tea 咖啡
🍵 tea 茶
🍺 beer 啤酒
🍻 cheers beers 干杯
🍷 wine 红酒
🥂 toast cheers champagne 干杯 香槟
`,
  },
  {
    key: "things",
    emoji: `
🎉 tada party celebrate hooray 庆祝 撒花
🎊 confetti party 彩球
🎁 gift present 礼物
🎈 balloon 气球
🏆 trophy win 奖杯 冠军
🥇 gold first medal 金牌 第一
🎯 target goal dart 目标 靶
🚀 rocket launch ship 火箭 发布
✈️ plane travel 飞机 旅行
🚗 car 汽车
🚲 bicycle bike 自行车
⏰ alarm clock time 闹钟 时间
⏳ hourglass wait 沙漏 等
📅 calendar date 日历 日期
📌 pin pushpin 图钉 置顶
📎 paperclip attach 回形针 附件
✏️ pencil edit write 铅笔 编辑
📝 memo note write 笔记 备忘
📄 page document 文档 页
📁 folder 文件夹
📊 chart bar statistics 图表 统计
📈 chart-up growth 上涨 增长
📉 chart-down 下跌
🔍 search magnifier find 搜索 放大镜
🔗 link 链接
🔒 lock private 锁 私密
🔑 key 钥匙
🔔 bell notify 铃 提醒
💡 idea bulb light 灯泡 主意 想法
🔧 wrench fix tool 扳手 修
🔨 hammer build 锤子
⚙️ gear settings 齿轮 设置
🧪 test tube experiment 试管 测试
💻 laptop computer 电脑
📱 phone mobile 手机
📷 camera photo 相机
🎤 microphone 麦克风
🎧 headphones music 耳机
🎵 music note 音乐
📚 books read 书 阅读
✉️ mail envelope letter 邮件 信
📦 package box ship 包裹
💰 money bag 钱
💸 money fly spend 花钱
🏠 house home 家 房子
🏢 office work 办公室
🛒 cart shop 购物
⚓ anchor harbour 锚 港口
⛵ sailboat 帆船
`,
  },
  {
    key: "signs",
    emoji: `
✅ check done yes tick 完成 对 勾
☑️ checkbox done 复选 勾选
✔️ tick check 对
❌ cross no wrong 错 叉 不
❗ exclamation important 感叹 重要
❓ question 问号 问题
⚠️ warning careful 警告 注意
🚫 forbidden no 禁止
⛔ no-entry stop 禁入
🚧 construction wip work 施工 进行中
🆕 new 新
🆗 ok 好
🔴 red circle 红
🟠 orange circle 橙
🟡 yellow circle 黄
🟢 green circle 绿
🔵 blue circle 蓝
⚪ white circle 白
➕ plus add 加
➖ minus remove 减
➡️ right arrow next 右 下一个
⬅️ left arrow back 左 返回
⬆️ up arrow 上
⬇️ down arrow 下
🔄 refresh reload again 刷新 循环
♻️ recycle 回收
💬 speech comment chat 聊天 评论
💭 thought think 想法
💤 zzz sleep 睡
✨ sparkles magic new shine 闪亮 亮点
⚡ zap lightning fast 闪电 快
💥 boom crash 爆炸
`,
  },
];
